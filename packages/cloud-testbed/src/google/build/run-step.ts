import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runTree } from "../../shared/process-tree.ts";
import { type BuildStep, milliseconds, timestamp } from "./build.ts";
import { BuildEnded, BuildFailure } from "./build-failure.ts";
import type { RunningBuild } from "./running-build.ts";
import { stepCommand } from "./step-command.ts";

/** The first bytes of `$BUILDER_OUTPUT/output` that come back (cloudbuild.proto, Results.build_step_outputs). */
const keptOutput = 50 * 1024;

/**
 * Runs one step to its end and fills in what became of it.
 *
 * @throws BuildFailure when it fails and may not
 * @throws BuildEnded when the build was ended meanwhile
 */
export async function runStep(running: RunningBuild, index: number): Promise<void> {
  const { build, stop } = running;
  const step = build.steps?.[index] ?? {};
  const many = (build.steps?.length ?? 0) > 1;
  const label = `Step #${index}${step.id ? ` - "${step.id}"` : ""}`;
  const prefix = many ? `${label}: ` : "";
  const say = (line: string) => running.log.say(`${prefix}${line}`);
  step.status = "WORKING";
  step.timing = { startTime: timestamp() };
  if (many) running.log.say(`Starting ${label}`);
  try {
    await carryOut(running, step, index, say);
  } catch (error) {
    step.status = stop.signal.aborted ? "CANCELLED" : error instanceof BuildFailure ? error.status : "INTERNAL_ERROR";
    if (stop.signal.reason instanceof BuildEnded && stop.signal.reason.status === "TIMEOUT") step.status = "TIMEOUT";
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    step.timing.endTime = timestamp();
    if (many) running.log.say(`Finished ${label}`);
  }
}

async function carryOut(
  running: RunningBuild,
  step: BuildStep,
  index: number,
  say: (line: string) => void,
): Promise<void> {
  const { build, host, stop } = running;
  const folder = path.join(running.folder, `step${index}`);
  const outputs = path.join(folder, "outputs");
  const scripts = path.join(folder, "scripts");
  for (const name of [outputs, scripts, path.join(folder, "root")]) await mkdir(name, { recursive: true });
  await chmod(outputs, 0o777);
  if (step.script) {
    await writeFile(path.join(scripts, "script"), step.script);
    await chmod(path.join(scripts, "script"), 0o755);
  }
  const command = await stepCommand(running, step, { index, folder, outputs, scripts, say });

  const limit = milliseconds(step.timeout);
  const late = new AbortController();
  const timer = limit === undefined ? undefined : setTimeout(() => late.abort(), (limit / 1000) * host.secondMs);
  const signal = AbortSignal.any([stop.signal, late.signal]);
  const result = await runTree(command.argv, { cwd: "/", env: command.env, onLine: say, signal });
  clearTimeout(timer);
  if (signal.aborted) await command.kill?.();
  if (stop.signal.aborted) throw stop.signal.reason;
  if (late.signal.aborted) throw failed(index, step, "step timed out", "TIMEOUT");

  const output = await readFile(path.join(outputs, "output")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EISDIR") return Buffer.alloc(0);
    throw error;
  });
  if (build.results?.buildStepOutputs) build.results.buildStepOutputs[index] = output.subarray(0, keptOutput);
  const exitCode = result.exitCode ?? 137;
  step.exitCode = exitCode;
  if (exitCode === 0) {
    step.status = "SUCCESS";
    return;
  }
  // "If allow_failure is also specified, this field will take precedence" (cloudbuild.proto, allow_exit_codes).
  const allowed = step.allowExitCodes?.length ? step.allowExitCodes.includes(exitCode) : step.allowFailure === true;
  if (!allowed) throw failed(index, step, `step exited with non-zero status: ${exitCode}`);
  step.status = "FAILURE";
}

function failed(index: number, step: BuildStep, what: string, status: "FAILURE" | "TIMEOUT" = "FAILURE"): BuildFailure {
  return new BuildFailure("USER_BUILD_STEP", `build step ${index} "${step.name}" failed: ${what}`, status);
}
