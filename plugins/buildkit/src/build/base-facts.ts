import { randomBytes } from "node:crypto";
import path from "node:path";
import { type BaseFacts, parseProbe, planProbe } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { openKeyIndex, withFileLock } from "@imagespec/image-store";
import { digestHex } from "@imagespec/oci";
import type { BuildSession } from "./build-session.ts";
import { dialectOf } from "./dialect-of.ts";
import type { OpenedBase } from "./open-base.ts";
import { solve } from "./solve.ts";

/** Facts of another form have another key. */
const factsVersion = "facts-1";

/**
 * What must be known of a base: from an earlier time, else by a step that the daemon runs on it once.
 *
 * @throws BASE_UNSUPPORTED for one that runs nothing, BASE_NOT_FOUND, REGISTRY_…, ENGINE_…
 */
export async function baseFacts(
  session: BuildSession,
  base: OpenedBase,
): Promise<{ readonly facts: BaseFacts; readonly cached: boolean }> {
  const { folder, spec, request } = session;
  const { digest } = base.image.manifest;
  const index = await openKeyIndex(path.join(folder, "bases"), { parse: parseFacts });
  const key = `${factsVersion} ${digest} ${spec.pythonExec ?? ""}`;
  const known = await index.get(key);
  if (known !== undefined) return { facts: known, cached: true };
  // Whoever else wants the same base waits for it instead of looking too.
  const lock = path.join(request.store.content.root, "locks", `buildkit-base-${digestHex(digest)}.lock`);
  return withFileLock(
    lock,
    async () => {
      const found = await index.get(key);
      if (found !== undefined) return { facts: found, cached: true };
      const facts = await probe(session, base);
      await index.set(key, facts);
      return { facts, cached: false };
    },
    { signal: request.signal },
  );
}

async function probe(session: BuildSession, base: OpenedBase): Promise<BaseFacts> {
  const plan = planProbe(base, session.spec, { dialect: dialectOf(session) });
  let output = "";
  const decoder = new TextDecoder();
  await solve(session, {
    ...plan,
    text: withNonce(plan.text),
    name: "look at the base",
    exporter: { kind: "none" },
    // A step that is taken from the cache says nothing.
    noCache: true,
    onOutput: (chunk) => {
      output += decoder.decode(chunk, { stream: true });
    },
  });
  return parseProbe(output);
}

/** Daemons carry out equal steps of builds at the same time once, and tell only one of them what the step says. */
function withNonce(text: string): string {
  const command = "    sh /build/probe.sh ";
  if (!text.includes(command))
    throw new ImageSpecError("INTERNAL", "the probe of a base has another form than expected");
  return text.replace(command, `    : ${randomBytes(8).toString("hex")}; ${command.trimStart()}`);
}

function parseFacts(value: unknown): BaseFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { distributions, pythonDistributions, python, libc } = value as Partial<Record<keyof BaseFacts, unknown>>;
  const isWhole =
    isRecord(distributions) &&
    isRecord(pythonDistributions) &&
    (python === undefined || isRecord(python)) &&
    (libc === undefined || isRecord(libc));
  if (!isWhole) return undefined;
  // Written by this version of the package: the key names the form.
  return { python, libc, distributions, pythonDistributions } as BaseFacts;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
