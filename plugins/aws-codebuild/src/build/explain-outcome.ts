import { explainBuild, type FailedVertex } from "@imagespec/cloud-support";
import type { ResolvedImageSpec } from "@imagespec/core";
import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import type { BuildPhase, CodebuildBuild } from "../aws/ports.ts";

export interface OutcomeContext {
  readonly project: string;
  readonly spec: ResolvedImageSpec;
  /** `registry/repository` */
  readonly target: string;
  readonly failed: FailedVertex | undefined;
  readonly tail: readonly string[];
  readonly limits: { readonly timeoutMinutes: number; readonly queueMinutes: number };
}

/** The error for a build that ended otherwise than it should. */
export function explainOutcome(build: CodebuildBuild, context: OutcomeContext): ImageSpecError {
  const phase = failedPhase(build);
  const error = (code: ErrorCode, message: string, hint: string): ImageSpecError =>
    new ImageSpecError(code, message, { hint, details: detailsOf(build, phase), logTail: context.tail });
  const where = phase === undefined ? "" : ` in ${phase.type}`;
  const { timeoutMinutes, queueMinutes } = context.limits;
  switch (build.status) {
    case "STOPPED":
      return error(
        "CLOUD_BUILD_STOPPED",
        `the build "${build.id}" was stopped by somebody else${where}`,
        "build again",
      );
    case "TIMED_OUT":
      return phase?.type === "QUEUED"
        ? error(
            "CLOUD_QUEUE_TIMEOUT",
            `the build "${build.id}" waited for ${queueMinutes} minutes in the queue`,
            "raise compute.queueMinutes, build when less is going on, or ask AWS for more concurrent builds",
          )
        : error(
            "BUILD_TIMEOUT",
            `the build "${build.id}" reached its limit of ${timeoutMinutes} minutes${where}`,
            "raise compute.timeoutMinutes, or choose a larger compute.type",
          );
    case "FAULT":
      return error("CLOUD_BUILD_FAULT", `CodeBuild failed${where} of "${build.id}": ${said(phase)}`, "try again later");
    default:
      return explainPhase(build, phase, context, error);
  }
}

function explainPhase(
  build: CodebuildBuild,
  phase: BuildPhase | undefined,
  context: OutcomeContext,
  error: (code: ErrorCode, message: string, hint: string) => ImageSpecError,
): ImageSpecError {
  const words = said(phase);
  const codes = new Set(phase?.contexts.map(({ code }) => code));
  const denial = /(\S+) is not authorized to perform: (\S+?)(?: on resource: (\S+))?(?:[\s,]|$)/.exec(words);
  if (codes.has("CWL_THROTTLING_EXCEPTION"))
    return error("CLOUD_BUILD_FAULT", `CodeBuild could not open the log of "${build.id}": ${words}`, "try again later");
  if (codes.has("YAML_FILE_ERROR"))
    return error(
      "CLOUD_BUILD_ENVIRONMENT",
      `CodeBuild cannot read the buildspec: ${words}`,
      'set buildspec: "inline", or store in the project the one that the documentation has',
    );
  if (/sts:AssumeRole/.test(words))
    return error(
      "CLOUD_BUILD_ENVIRONMENT",
      `CodeBuild cannot take the role of the project "${context.project}": ${words}`,
      "let codebuild.amazonaws.com assume the role: the templates of the plugin have the trust policy",
    );
  if (codes.has("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"))
    return error(
      "CLOUD_BUILD_ENVIRONMENT",
      `the image that the build runs in cannot be pulled: ${words}`,
      "correct compute.image, and let the role of the project pull it",
    );
  if (
    phase?.type === "DOWNLOAD_SOURCE" ||
    codes.has("Decrypted Variables Error") ||
    /Secrets? ?Manager|Parameter does not exist|ParameterNotFound/i.test(words)
  )
    return sourceError(build, words, context, denial, error);
  const isStep = phase === undefined || phase.type === "BUILD" || codes.has("COMMAND_EXECUTION_ERROR");
  if (isStep) {
    return explainBuild({
      provider: "aws",
      build: build.id,
      log: build.log.link,
      failed: context.failed,
      tail: context.tail,
      spec: context.spec,
      target: context.target,
      message: words,
      details: detailsOf(build, phase),
    });
  }
  return error(
    "BUILD_FAILED",
    `the build "${build.id}" failed in ${phase.type}: ${words}`,
    build.log.link === undefined ? "look at it in the console of CodeBuild" : `read its log at ${build.log.link}`,
  );
}

function sourceError(
  build: CodebuildBuild,
  words: string,
  { project }: OutcomeContext,
  denial: RegExpExecArray | null,
  error: (code: ErrorCode, message: string, hint: string) => ImageSpecError,
): ImageSpecError {
  const [, principal, action, resource] = denial ?? [];
  const missing = action === undefined ? "" : `: ${action}${resource === undefined ? "" : ` on ${resource}`}`;
  const isSecret = /Secrets? ?Manager|secretsmanager|ssm:|Parameter/i.test(words);
  const message = isSecret
    ? `the build "${build.id}" cannot read a secret that it is given by reference: ${words}`
    : `the build "${build.id}" cannot fetch its context: ${words}`;
  const found = error(
    "CLOUD_SOURCE",
    message,
    `${isSecret ? "correct the reference, or let" : "let"} the role of the project "${project}" read it${missing}: imagespec aws policy prints its policy`,
  );
  if (principal === undefined) return found;
  return new ImageSpecError(found.code, found.message, {
    hint: found.hint ?? "",
    logTail: found.logTail,
    details: { ...found.details, principal, action, ...(resource === undefined ? {} : { resource }) },
  });
}

function failedPhase({ phases, status }: CodebuildBuild): BuildPhase | undefined {
  const bad = phases.find((phase) => phase.status !== undefined && phase.status !== "" && phase.status !== "SUCCEEDED");
  return bad ?? (status === "SUCCEEDED" ? undefined : phases.findLast(({ type }) => type !== "COMPLETED"));
}

function said(phase: BuildPhase | undefined): string {
  const words = (phase?.contexts ?? []).map(({ code, message }) => [code, message].filter(Boolean).join(": "));
  return words.filter(Boolean).join("; ").replace(/\s+/g, " ").slice(0, 600) || "it gives no reason";
}

function detailsOf(build: CodebuildBuild, phase: BuildPhase | undefined): Readonly<Record<string, unknown>> {
  const code = phase?.contexts[0]?.code;
  return {
    provider: "aws",
    build: build.id,
    ...(build.log.link === undefined ? {} : { log: build.log.link }),
    ...(phase === undefined ? {} : { phase: phase.type }),
    ...(code === undefined || code === "" ? {} : { statusCode: code }),
  };
}
