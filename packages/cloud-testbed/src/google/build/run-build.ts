import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pause } from "../../shared/pause.ts";
import { GoogleError } from "../google-error.ts";
import { type BuildStatus, milliseconds, timestamp } from "./build.ts";
import { BuildEnded, BuildFailure } from "./build-failure.ts";
import { fetchSource } from "./fetch-source.ts";
import { pushImages } from "./push-images.ts";
import { removeBuilders } from "./remove-builders.ts";
import { runStep } from "./run-step.ts";
import type { RunningBuild } from "./running-build.ts";

const defaultTimeoutMs = 3600_000;
const endings: Partial<Record<BuildStatus, string>> = {
  TIMEOUT: "build exceeded its timeout",
  EXPIRED: "build expired in the queue",
};

/** Carries a build out. The log is complete before the status says that the build has ended. */
export async function runBuild(running: RunningBuild): Promise<void> {
  const { build, log, stop, folder } = running;
  let status: BuildStatus = "SUCCESS";
  const timers = new Set<NodeJS.Timeout>();
  try {
    await waitInQueue(running, timers);
    build.status = "WORKING";
    build.startTime = timestamp();
    endAfter(running, "TIMEOUT", milliseconds(build.timeout) ?? defaultTimeoutMs, timers);
    log.say(`starting build "${build.id}"\n`);
    await work(running);
    log.say("DONE");
  } catch (error) {
    const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
    if (reason instanceof BuildEnded) {
      status = reason.status;
      build.statusDetail = endings[status] ?? "";
      log.say(`${status}\nERROR: context canceled`);
    } else if (reason instanceof BuildFailure) {
      status = reason.status;
      build.statusDetail = reason.message;
      if (reason.type !== undefined) build.failureInfo = { type: reason.type, detail: reason.message };
      log.say(`ERROR\nERROR: ${reason.message}`);
    } else {
      // A defect of the fake shows as what it is: the build fails in the service, and the log has the reason.
      status = "INTERNAL_ERROR";
      build.statusDetail = String(reason);
      log.say(`ERROR\nERROR: ${reason instanceof Error ? reason.stack : String(reason)}`);
    }
  }
  for (const timer of timers) clearTimeout(timer);
  for (const step of build.steps ?? []) {
    if (step.status === undefined || step.status === "QUEUED")
      step.status = status === "SUCCESS" ? "SUCCESS" : "CANCELLED";
  }
  await removeBuilders(running);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  try {
    await log.finish();
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error;
    if (status === "SUCCESS") {
      status = "FAILURE";
      const detail = `failed to write logs: ${error.message}`;
      build.statusDetail = detail;
      build.failureInfo = { type: "LOGGING_FAILURE", detail };
    }
  }
  build.finishTime = timestamp();
  build.status = status;
}

async function waitInQueue(running: RunningBuild, timers: Set<NodeJS.Timeout>): Promise<void> {
  const { build, host, script, stop } = running;
  const ttl = milliseconds(build.queueTtl);
  const expiry = ttl === undefined ? undefined : endAfter(running, "EXPIRED", ttl, timers);
  const wait = script.queueMs ?? host.queueMs;
  if (wait === Number.POSITIVE_INFINITY) {
    await new Promise((_, reject) => {
      if (stop.signal.aborted) reject(stop.signal.reason);
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason), { once: true });
    });
  }
  await pause(wait, stop.signal);
  clearTimeout(expiry);
}

function endAfter(running: RunningBuild, status: BuildStatus, ms: number, timers: Set<NodeJS.Timeout>): NodeJS.Timeout {
  const timer = setTimeout(() => running.stop.abort(new BuildEnded(status)), (ms / 1000) * running.host.secondMs);
  timers.add(timer);
  return timer;
}

async function work(running: RunningBuild): Promise<void> {
  const { build, log, script, folder, host, stop } = running;
  if (script.ends !== undefined) {
    const { status, statusDetail = "", failureInfo } = script.ends;
    if (status === "SUCCESS") return;
    if (["CANCELLED", "TIMEOUT", "EXPIRED"].includes(status)) throw new BuildEnded(status);
    throw new BuildFailure(failureInfo?.type, failureInfo?.detail ?? statusDetail, status);
  }
  const workspace = path.join(folder, "workspace");
  const home = path.join(folder, "home");
  await mkdir(workspace, { recursive: true });
  await mkdir(path.join(home, ".docker"), { recursive: true });
  build.timing ??= {};
  if (build.source?.storageSource !== undefined) {
    await timed(running, "FETCHSOURCE", async () => {
      log.say("FETCHSOURCE");
      const admit = (bucket: string, object: string) =>
        host.denials.check("storage.objects.get", `${bucket}/${object}`, running.principal);
      await fetchSource({
        build,
        buckets: host.buckets,
        admit,
        workspace,
        folder: path.join(folder, "source"),
        say: log.say,
      });
    });
  }
  await timed(running, "SETUPBUILD", async () => {
    readSecrets(running);
    const { token } = host.tokens.issue(running.principal);
    const auth = Buffer.from(`oauth2accesstoken:${token}`).toString("base64");
    const auths = Object.fromEntries(host.registries.map((registry) => [registry, { auth }]));
    await writeFile(path.join(home, ".docker", "config.json"), JSON.stringify({ auths }));
  });
  log.say("BUILD");
  await timed(running, "BUILD", () => runSteps(running));
  if (build.images?.length) {
    log.say("PUSH");
    await timed(running, "PUSH", () => pushImages(running));
  }
  if (stop.signal.aborted) throw stop.signal.reason;
}

async function timed(running: RunningBuild, phase: string, action: () => Promise<void>): Promise<void> {
  const span = { startTime: timestamp(), endTime: timestamp() };
  try {
    await action();
  } finally {
    span.endTime = timestamp();
    running.build.timing = { ...running.build.timing, [phase]: span };
  }
}

function readSecrets(running: RunningBuild): void {
  const { build, host, log, secretEnv } = running;
  for (const { versionName = "", env = "" } of build.availableSecrets?.secretManager ?? []) {
    try {
      host.denials.check("secretmanager.versions.access", versionName, running.principal);
      const { value } = host.secrets.access(versionName);
      secretEnv.set(env, value);
      log.maskValue(value);
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      const code = error.status === "NOT_FOUND" ? "NotFound" : "PermissionDenied";
      throw new BuildFailure(
        undefined,
        `failed to access secret version for secret ${versionName}: rpc error: code = ${code} desc = ${error.message}`,
      );
    }
  }
}

/** Steps start when those they wait for are done; without `waitFor` these are all before. The first failure ends the others. */
async function runSteps(running: RunningBuild): Promise<void> {
  const { build, stop } = running;
  const steps = build.steps ?? [];
  build.results = {
    images: [],
    buildStepImages: steps.map(() => ""),
    buildStepOutputs: steps.map(() => new Uint8Array()),
  };
  const started: Promise<void>[] = [];
  for (const [index, step] of steps.entries()) {
    step.status = "QUEUED";
    const names = step.waitFor?.filter((name) => name !== "-");
    const awaited = step.waitFor?.length
      ? (names ?? []).map((name) => started[steps.findIndex((other) => other.id === name)])
      : started.slice(0, index);
    started.push(
      Promise.all(awaited).then(() => {
        if (stop.signal.aborted) throw stop.signal.reason;
        return runStep(running, index);
      }),
    );
  }
  const failed = await Promise.allSettled(
    started.map((step) =>
      step.catch((error: unknown) => {
        // What runs beside a failed step is ended with it.
        if (!stop.signal.aborted) stop.abort(error);
        throw error;
      }),
    ),
  );
  const first = failed.find((result) => result.status === "rejected");
  if (first !== undefined) throw stop.signal.reason;
}
