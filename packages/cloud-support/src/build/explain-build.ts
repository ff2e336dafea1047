import { type ExplainedSpec, explainOutput, fieldOf, registryFailure, shortText } from "@imagespec/dockerfile";
import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import type { FailedVertex } from "./read-plain-progress.ts";

/** What is known of a build whose commands failed. */
export interface FailedBuild {
  /** `aws` */
  readonly provider: string;
  /** The cloud's id of it. */
  readonly build: string;
  /** Where people find its log. */
  readonly log: string | undefined;
  readonly failed: FailedVertex | undefined;
  /** The last lines of the whole log. */
  readonly tail: readonly string[];
  readonly spec: ExplainedSpec;
  /** Where the image was to go: `registry/repository`. */
  readonly target: string;
  /** What the cloud says in place of a log: phase, status code, message. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The error for a build whose commands failed: the step of the Dockerfile with its field, or what the registry refused, under the codes
 * that these causes have in every builder.
 */
export function explainBuild(build: FailedBuild): ImageSpecError {
  const { failed, tail } = build;
  if (failed?.planned !== undefined) return stepError(build, failed);
  const words = [...(failed === undefined ? [] : [failed.message]), ...tail];
  return daemonError(build, words) ?? registryError(build, words) ?? otherError(build);
}

function detailsOf({ provider, build, log, details }: FailedBuild): Readonly<Record<string, unknown>> {
  return { provider, build, ...(log === undefined ? {} : { log }), ...details };
}

function stepError(build: FailedBuild, { planned, message: said, tail }: FailedVertex): ImageSpecError {
  const step = planned ?? { name: "build", field: "", firstLine: 0, lastLine: 0 };
  const exit = /exit code: (\d+)/.exec(said)?.[1];
  const known = explainOutput(step, tail, build.spec);
  const outcome = exit === undefined ? `failed: ${shortText(said)}` : `failed with exit code ${exit}`;
  const code: ErrorCode = known?.code ?? "BUILD_STEP_FAILED";
  const path = known?.path ?? fieldOf(step, build.spec);
  const hint = known?.hint ?? stepHint(exit);
  return new ImageSpecError(code, `step "${step.name}" ${outcome}${known === undefined ? "" : `: ${known.message}`}`, {
    hint,
    logTail: tail,
    problems: path === "" ? [] : [{ code, path, message: known?.message ?? outcome, hint }],
    details: { ...detailsOf(build), step: step.name, ...(exit === undefined ? {} : { exitCode: Number(exit) }) },
  });
}

function stepHint(exit: string | undefined): string {
  if (exit === "137") return "choose a larger machine: the step was killed, most likely for want of memory";
  if (exit === "127") return "check that the command exists in the base image, or add the package that brings it";
  return "read the last lines of its log below";
}

const noDaemon = /Cannot connect to the Docker daemon|docker daemon is not running|docker: command not found/i;
const noFrontend = /unknown flag: (?:link|mount)|Unknown flag: (?:link|mount)|BuildKit is (?:not|currently disabled)/i;

function daemonError(build: FailedBuild, words: readonly string[]): ImageSpecError | undefined {
  const line = (pattern: RegExp): string | undefined => words.findLast((text) => pattern.test(text));
  const [daemon, frontend] = [line(noDaemon), line(noFrontend)];
  const full = line(/no space left on device/i);
  const common = { logTail: build.tail, details: detailsOf(build) };
  if (daemon !== undefined)
    return new ImageSpecError("CLOUD_BUILD_ENVIRONMENT", `the machine of the build has no Docker: ${daemon.trim()}`, {
      ...common,
      hint: "run the build in privileged mode, on an image that has Docker",
    });
  if (frontend !== undefined)
    return new ImageSpecError(
      "CLOUD_BUILD_ENVIRONMENT",
      `the Docker of the build is too old for the Dockerfile: ${frontend.trim()}`,
      { ...common, hint: 'use a newer build image, or set the option dialect: "base"' },
    );
  if (full !== undefined)
    return new ImageSpecError("DISK_FULL", `no space is left on the machine of the build: ${full.trim()}`, {
      ...common,
      hint: "choose a larger machine",
    });
  return undefined;
}

const pushWords = /\bdenied\b|unauthorized|no basic auth|tag invalid|name unknown|does not exist in the registry/i;
const pullWords = /toomanyrequests|\b429\b|failed to resolve source metadata|pull access denied|manifest unknown/i;

function registryError(build: FailedBuild, words: readonly string[]): ImageSpecError | undefined {
  const pulled = words.findLast((text) => pullWords.test(text));
  const pushed = words.findLast((text) => pushWords.test(text));
  const text = pulled ?? pushed;
  if (text === undefined) return undefined;
  const named = /(?:metadata for|pull access denied for|FROM) ([^\s,:]+(?::\d+)?[^\s,:]*)/.exec(text)?.[1];
  const task = { reference: pulled === undefined ? build.target : (named ?? "the base image") };
  const error = registryFailure(text, { ...task, doing: pulled === undefined ? "push" : "pull" });
  return new ImageSpecError(error.code, error.message, {
    hint:
      error.code === "REGISTRY_RATE_LIMITED"
        ? "give the build a login or a mirror: the options registryLogins and registryMirrors"
        : (error.hint ?? "read the last lines of the log below"),
    logTail: build.tail,
    details: { ...error.details, ...detailsOf(build) },
  });
}

function otherError(build: FailedBuild): ImageSpecError {
  const said = build.failed === undefined ? build.message : shortText(build.failed.message);
  return new ImageSpecError("BUILD_FAILED", `the build "${build.build}" failed: ${said}`, {
    hint: build.log === undefined ? "read the last lines of its log below" : `read its log at ${build.log}`,
    logTail: build.tail,
    details: detailsOf(build),
  });
}
