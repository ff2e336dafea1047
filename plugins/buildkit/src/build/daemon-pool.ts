import { createHash } from "node:crypto";
import type { ResolvedImageSpec } from "@imagespec/core";
import { abortedError, ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import type { BuildkitDaemon } from "../daemon/daemon.ts";
import { isSamePlatform } from "./same-platform.ts";

/** Opens the daemon at an address; without one, the daemon that the options and the environment name. */
export type OpenDaemon = (host: string | undefined, signal: AbortSignal) => Promise<BuildkitDaemon>;

/** What of a daemon decides whether it takes a spec. */
export type DaemonFacts = Pick<BuildkitDaemon, "kind" | "address" | "version" | "features" | "platforms">;

/** For how long a daemon's answers are believed, in milliseconds. */
const factsLifetimeMs = 30_000;

/** A daemon that does not say what it is within so many milliseconds hangs. */
const answerTimeoutMs = 5_000;

/** The daemons of a builder: mostly one. */
export class DaemonPool {
  readonly #hosts: readonly (string | undefined)[];
  readonly #open: OpenDaemon;
  readonly #now: () => number;
  readonly #facts = new Map<string | undefined, { readonly at: number; readonly facts: Promise<DaemonFacts> }>();

  constructor(options: Pick<BuildkitBuilderOptions, "hosts">, open: OpenDaemon, now: () => number = Date.now) {
    this.#hosts = options.hosts ?? [undefined];
    this.#open = open;
    this.#now = now;
  }

  /**
   * The daemon for a spec: the one whose cache has it, unless that is down or another one runs the platform natively.
   *
   * @throws ENGINE_DOWN and its kind, of the last one that was tried
   */
  async open(spec: Pick<ResolvedImageSpec, StablePart | "platforms">, signal: AbortSignal): Promise<BuildkitDaemon> {
    const order = await this.#order(spec, signal);
    const failures: unknown[] = [];
    for (const host of order) {
      try {
        return await this.#open(host, signal);
      } catch (error) {
        if (signal.aborted || !isImageSpecError(error)) throw error;
        this.#facts.delete(host);
        failures.push(error);
      }
    }
    throw failures.length === 1 ? failures[0] : allDown(this.#hosts, failures);
  }

  /** What is known of every daemon that answers. @throws what the only one, or the last one, threw */
  async facts(signal: AbortSignal): Promise<readonly DaemonFacts[]> {
    const answers = await Promise.allSettled(this.#hosts.map((host) => this.#factsOf(host, signal)));
    const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    if (found.length > 0) return found;
    const failures = answers.map((answer) => (answer.status === "rejected" ? answer.reason : undefined));
    throw failures.length === 1 ? failures[0] : allDown(this.#hosts, failures);
  }

  /** Those that run the platform by themselves first; within them by rendezvous, so that a build finds its cache again. */
  async #order(
    spec: Pick<ResolvedImageSpec, StablePart | "platforms">,
    signal: AbortSignal,
  ): Promise<readonly (string | undefined)[]> {
    if (this.#hosts.length === 1) return this.#hosts;
    const key = stableKey(spec);
    const scored = await Promise.all(
      this.#hosts.map(async (host) => {
        const platforms = await this.#factsOf(host, signal).then(
          (facts) => facts.platforms,
          (): readonly string[] => [],
        );
        const wanted = spec.platforms[0] ?? "";
        const isListed = platforms.some((platform) => isSamePlatform(platform, wanted));
        const rank = isSamePlatform(platforms[0], wanted) ? 0 : isListed ? 1 : 2;
        return { host, rank, score: createHash("sha256").update(`${host} ${key}`).digest("hex") };
      }),
    );
    return scored.sort((a, b) => a.rank - b.rank || (a.score < b.score ? 1 : -1)).map(({ host }) => host);
  }

  #factsOf(host: string | undefined, signal: AbortSignal): Promise<DaemonFacts> {
    const known = this.#facts.get(host);
    if (known !== undefined && this.#now() - known.at < factsLifetimeMs) return withAbort(known.facts, signal);
    const facts = this.#ask(host);
    this.#facts.set(host, { at: this.#now(), facts });
    facts.catch(() => this.#facts.delete(host));
    return withAbort(facts, signal);
  }

  /** Several may wait for the answer: the signal of none of them ends it. */
  async #ask(host: string | undefined): Promise<DaemonFacts> {
    const limit = AbortSignal.timeout(answerTimeoutMs);
    try {
      await using daemon = await this.#open(host, limit);
      const { kind, address, version, features, platforms } = daemon;
      return { kind, address, version, features, platforms };
    } catch (error) {
      if (!limit.aborted) throw error;
      const which = host === undefined ? "the daemon" : `the daemon at "${host}"`;
      throw new ImageSpecError("ENGINE_DOWN", `${which} did not answer within ${answerTimeoutMs / 1000} s`, {
        hint: "check whether it hangs, and its address",
        cause: error,
      });
    }
  }
}

/** Waits for what others may wait for too. @throws ABORTED */
async function withAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortedError(signal));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

type StablePart = "base" | "aptPackages" | "condaPackages" | "packages" | "requirements" | "pythonVersion";

/** What of a spec decides most of its layers; an edit of the source keeps a build where its cache is. */
function stableKey({
  base,
  aptPackages,
  condaPackages,
  packages,
  requirements,
  pythonVersion,
}: {
  readonly [K in StablePart]: ResolvedImageSpec[K];
}): string {
  return JSON.stringify([base, aptPackages, condaPackages, packages, requirements, pythonVersion]);
}

function allDown(hosts: readonly (string | undefined)[], failures: readonly unknown[]): ImageSpecError {
  const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  return new ImageSpecError("ENGINE_DOWN", `none of ${hosts.length} daemons can be used: ${messages.join("; ")}`, {
    hint: 'start one of them, or correct the option "hosts"',
    details: { hosts },
  });
}
