import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pause } from "../../shared/pause.ts";
import { type CloudServices, connectServices } from "../cloud-services-adapter.ts";
import type { BuildFault, PhaseType } from "../faults.ts";
import type { Build } from "./build.ts";
import { type BuildMachine, createBuildMachine, createFolders, removeBuildMachine } from "./build-machine.ts";
import { buildspecText, downloadSource } from "./build-source.ts";
import { resolveVariables } from "./build-variables.ts";
import type { PhaseContext, PhaseStatus, PhaseView } from "./build-view.ts";
import { type Buildspec, type PhaseName, parseBuildspec } from "./buildspec.ts";
import { exportVariables } from "./export-variables.ts";
import { PhaseFailure } from "./phase-failure.ts";
import { roleNotAssumable } from "./role-not-assumable.ts";
import type { CodeBuildWorld } from "./world.ts";

const commandPhases: readonly PhaseType[] = ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"];
const saysItsEnd: ReadonlySet<PhaseType> = new Set([...commandPhases, "DOWNLOAD_SOURCE", "UPLOAD_ARTIFACTS"]);

/** Carries a build out, from the queue to its end. It never rejects: what goes wrong is in the build. */
export async function runBuild(build: Build, world: CodeBuildWorld): Promise<void> {
  const { view } = build;
  const folder = await mkdtemp(path.join(tmpdir(), "codebuild-"));
  const work = new Work(build, world, folder);
  try {
    await work.run();
  } finally {
    await removeBuildMachine(folder, view.arn);
    work.close();
  }
}

class Work {
  readonly #build: Build;
  readonly #world: CodeBuildWorld;
  readonly #folder: string;
  #services: CloudServices | undefined;
  #spec: Buildspec | undefined;
  #machine: BuildMachine | undefined;
  /** What the first phase that did not succeed ended with. */
  #result: PhaseStatus | undefined;
  /** Whether a phase with `on-failure: ABORT` failed. */
  #aborted = false;

  constructor(build: Build, world: CodeBuildWorld, folder: string) {
    this.#build = build;
    this.#world = world;
    this.#folder = folder;
  }

  async run(): Promise<void> {
    const { view } = this.#build;
    const { delays, minuteMs } = this.#world;
    let limit: NodeJS.Timeout | undefined;
    const release = await this.#queue();
    try {
      if (this.#result === undefined) {
        limit = setTimeout(() => this.#build.end("TIMED_OUT"), view.timeoutInMinutes * minuteMs);
        const ready =
          (await this.#phase("PROVISIONING", () => this.#provision())) &&
          (await this.#phase("DOWNLOAD_SOURCE", () => this.#prepare()));
        const built = ready && (await this.#runCommands());
        if (built && !this.#build.ended) {
          if (this.#spec && this.#machine) {
            view.exportedEnvironmentVariables = await exportVariables(this.#build, this.#spec, this.#machine);
          }
          await this.#phase("UPLOAD_ARTIFACTS");
        }
        if (!this.#build.ended) await this.#phase("FINALIZING", () => pause(delays.finalizingMs, this.#build.signal));
      }
    } finally {
      clearTimeout(limit);
      release();
    }
    const late = this.#build.fault("late-lines");
    if (late === undefined) await this.#build.log.close();
    const endTime = seconds();
    view.phases.push({ phaseType: "COMPLETED", startTime: endTime });
    view.endTime = endTime;
    view.currentPhase = "COMPLETED";
    view.buildStatus = this.#result ?? "SUCCEEDED";
    view.buildComplete = true;
    this.#build.settled();
    if (late !== undefined) {
      await pause(late.ms);
      await this.#build.log.close();
    }
  }

  close(): void {
    this.#services?.close();
    this.#world.sessions.delete(this.#build.uuid);
  }

  async #queue(): Promise<() => void> {
    const { delays, minuteMs, slots } = this.#world;
    const { view } = this.#build;
    await this.#phase("SUBMITTED");
    let release = () => {};
    await this.#phase("QUEUED", async () => {
      const limit = setTimeout(() => this.#build.end("TIMED_OUT"), view.queuedTimeoutInMinutes * minuteMs);
      try {
        await pause(delays.queuedMs, this.#build.signal);
        release = await slots.take(this.#build.signal);
      } finally {
        clearTimeout(limit);
      }
    });
    return release;
  }

  async #phase(type: PhaseType, work?: () => Promise<void>): Promise<boolean> {
    const { view, log } = this.#build;
    const phase: PhaseView = { phaseType: type, startTime: seconds() };
    view.phases.push(phase);
    view.currentPhase = type;
    let status: PhaseStatus = "SUCCEEDED";
    let context: PhaseContext = { statusCode: "", message: "" };
    try {
      await this.#strike(type);
      this.#build.signal.throwIfAborted();
      await work?.();
    } catch (error) {
      ({ status, context } = this.#explain(error));
    }
    phase.endTime = seconds();
    phase.durationInSeconds = Math.round(phase.endTime - phase.startTime);
    phase.phaseStatus = status;
    phase.contexts = [context];
    if (saysItsEnd.has(type)) {
      log.say(`Phase complete: ${type} State: ${status}`);
      log.say(`Phase context status code: ${context.statusCode} Message: ${context.message}`);
    }
    if (status !== "SUCCEEDED") this.#result ??= status;
    return status === "SUCCEEDED";
  }

  /** The scripted faults of this phase. */
  async #strike(type: PhaseType): Promise<void> {
    const meanwhile = this.#build.fault("meanwhile");
    if (meanwhile?.phase === type) await meanwhile.run();
    const ends: (BuildFault & { readonly kind: "phase-ends" }) | undefined = this.#build.fault("phase-ends");
    if (ends?.phase !== type) return;
    if (ends.status === "STOPPED" || ends.status === "TIMED_OUT") this.#build.end(ends.status);
    throw new PhaseFailure(ends.statusCode ?? "", ends.message ?? "", ends.status);
  }

  #explain(error: unknown): { readonly status: PhaseStatus; readonly context: PhaseContext } {
    const { ended, view } = this.#build;
    if (error instanceof PhaseFailure && (ended === undefined || error.status === ended)) {
      return { status: error.status, context: { statusCode: error.statusCode, message: error.message } };
    }
    if (ended === "TIMED_OUT") {
      const message = `Build has timed out. ${view.currentPhase} took longer than the build may`;
      return { status: ended, context: { statusCode: "BUILD_TIMED_OUT", message } };
    }
    if (ended !== undefined) return { status: ended, context: { statusCode: "", message: "" } };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: "FAULT", context: { statusCode: "INTERNAL_ERROR", message } };
  }

  async #provision(): Promise<void> {
    const { view, uuid, log, signal } = this.#build;
    const world = this.#world;
    await pause(world.delays.provisioningMs, signal);
    try {
      const session = await world.assumeRole(view.serviceRole, `AWSCodeBuild-${uuid}`);
      world.sessions.set(uuid, session);
      this.#services = connectServices(world.backingUrl, world.region, session);
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new PhaseFailure("ACCESS_DENIED", `${roleNotAssumable} (${why})`);
    }
    await this.#openLog(this.#services);
    log.say("Running on CodeBuild On-demand");
    log.say("Waiting for agent ping");
    log.say("Waiting for DOWNLOAD_SOURCE");
  }

  async #openLog(services: CloudServices): Promise<void> {
    const { view, uuid, log } = this.#build;
    const { region, accountId } = this.#world;
    const { status, groupName: group = `/aws/codebuild/${view.projectName}`, streamName: prefix } = this.#build.logs;
    if (status !== "ENABLED") return;
    const stream = prefix === undefined ? uuid : `${prefix}/${uuid}`;
    const late = this.#build.fault("late-stream");
    const open = async () => {
      await services.createLogStream(group, stream);
      log.connect((lines) => services.putLogEvents(group, stream, lines));
    };
    if (late !== undefined) void pause(late.ms).then(open, () => undefined);
    else {
      try {
        await open();
      } catch (error) {
        throw new PhaseFailure(
          "ACCESS_DENIED",
          `Service role ${view.serviceRole} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build ${view.arn}. Error message: ${(error as Error).message}`,
        );
      }
    }
    const encoded = (text: string) => encodeURIComponent(text).replaceAll("%", "$25");
    view.logs = {
      ...view.logs,
      groupName: group,
      streamName: stream,
      deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encoded(group)}/log-events/${encoded(stream)}`,
      cloudWatchLogsArn: `arn:aws:logs:${region}:${accountId}:log-group:${group}:log-stream:${stream}`,
    };
  }

  async #prepare(): Promise<void> {
    const { view, log, signal } = this.#build;
    const services = this.#services;
    if (services === undefined) throw new TypeError("a build without a role");
    const { source } = await createFolders(this.#folder);
    log.say("Phase is DOWNLOAD_SOURCE");
    log.say(`CODEBUILD_SRC_DIR=${source}`);
    await downloadSource(view, services, source);
    const spec = parseBuildspec(await buildspecText(view, source));
    log.say("Processing environment variables");
    const variables = await resolveVariables(spec, view, services, log);
    const machine = await createBuildMachine({
      folder: this.#folder,
      shell: spec.shell,
      keepsState: spec.version === "0.2",
      onLine: log.line,
      signal,
    });
    await machine.setVariables({ ...variables, ...(await this.#world.equip(this.#build, machine)) });
    this.#spec = spec;
    this.#machine = machine;
    log.say(`Phases found in YAML: ${Object.keys(spec.phases).length}`);
  }

  /** @returns whether the build got as far as its artifacts */
  async #runCommands(): Promise<boolean> {
    for (const type of ["INSTALL", "PRE_BUILD"] as const) {
      if (!(await this.#phase(type, () => this.#runPhase(type)))) return false;
    }
    await this.#phase("BUILD", () => this.#runPhase("BUILD"));
    if (this.#build.ended || this.#aborted) return false;
    // Also when BUILD failed.
    await this.#phase("POST_BUILD", () => this.#runPhase("POST_BUILD"));
    return true;
  }

  async #runPhase(type: (typeof commandPhases)[number]): Promise<void> {
    const { log } = this.#build;
    // `BUILD` is `build` in the buildspec.
    const phase = this.#spec?.phases[type.toLowerCase() as PhaseName];
    log.say(`Entering phase ${type}`);
    if (this.#result !== undefined) await this.#machine?.setVariables({ CODEBUILD_BUILD_SUCCEEDING: "0" });
    if (phase === undefined) return;
    let failure: unknown;
    try {
      await this.#runAll(phase.commands);
    } catch (error) {
      failure = error;
    }
    if (this.#build.ended) throw failure;
    if (failure !== undefined && phase.onFailure === "ABORT") this.#aborted = true;
    try {
      await this.#runAll(phase.finally);
    } catch (error) {
      failure ??= error;
    }
    if (failure !== undefined && phase.onFailure !== "CONTINUE") throw failure;
  }

  async #runAll(commands: readonly string[]): Promise<void> {
    const { log, signal } = this.#build;
    for (const command of commands) {
      signal.throwIfAborted();
      log.say(`Running command ${command}`);
      const ended = await this.#machine?.run(command);
      signal.throwIfAborted();
      if (ended === undefined) continue;
      log.say(`Command did not exit successfully ${command} ${ended}`);
      throw new PhaseFailure("COMMAND_EXECUTION_ERROR", `Error while executing command: ${command}. Reason: ${ended}`);
    }
  }
}

function seconds(): number {
  return Date.now() / 1000;
}
