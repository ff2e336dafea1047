import { engineConnectionError } from "@imagespec/core";
import type { PlannedStep } from "@imagespec/dockerfile";
import { type ExplainedSpec, registryFailure, shortText } from "@imagespec/dockerfile";
import { type ErrorCode, ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { SolveError } from "../daemon/daemon.ts";
import type { TrackedVertex } from "../progress/create-progress.ts";
import { explainStep } from "./explain-step.ts";

/** What is known of a build that failed. */
export interface ExplanationContext {
  /** Address of the daemon, for people. */
  readonly daemon?: string;
  readonly spec?: ExplainedSpec;
  /** What the daemon was to push: `registry/repository`. */
  readonly target?: string;
  readonly steps: readonly PlannedStep[];
  readonly vertexes: readonly TrackedVertex[];
}

/**
 * The error of a solve in the user's terms: the same cause has the same code as with every other builder. What is an ImageSpecError
 * already (ABORTED, what reading a file or secret threw) comes back as it is, and so does what no daemon said.
 */
export function explainSolveError(error: unknown, context: ExplanationContext): unknown {
  if (!(error instanceof SolveError)) return error;
  const own = findOwn(error);
  if (own !== undefined) return own;
  return (
    lostConnection(error, context) ??
    fullDisk(error, context) ??
    brokenDockerfile(error) ??
    missingSecret(error, context) ??
    explainByVertex(error, context)
  );
}

/** An error of ours that the session carried through the daemon and back. */
function findOwn(error: SolveError): ImageSpecError | undefined {
  return isImageSpecError(error.cause) ? error.cause : undefined;
}

const grpc = { cancelled: 1, resourceExhausted: 8, unavailable: 14 } as const;

function lostConnection(error: SolveError, { daemon = "" }: ExplanationContext): unknown {
  const { grpcCode, message } = error;
  if (grpcCode === undefined && error.cause !== undefined) {
    const explained = engineConnectionError(daemon, error.cause);
    if (isImageSpecError(explained)) return explained;
  }
  const isLost =
    grpcCode === undefined ||
    grpcCode === grpc.unavailable ||
    grpcCode === grpc.cancelled ||
    /no active session|session .*(?:closed|not found)|error reading from server|transport is closing|context canceled$/.test(
      message,
    );
  if (!isLost) return undefined;
  const said = shortText(message);
  return new ImageSpecError(
    "ENGINE_LOST",
    `the connection to the daemon at "${daemon}" broke in the middle of the build: ${said}`,
    {
      hint: "look at the daemon's own log; it may have been stopped, or run out of memory or disk",
      cause: error,
      details: { host: daemon },
    },
  );
}

function fullDisk(error: SolveError, { daemon = "", vertexes }: ExplanationContext): ImageSpecError | undefined {
  if (error.grpcCode !== grpc.resourceExhausted && !/no space left on device/i.test(error.message)) return undefined;
  // Message sizes are resources, too.
  if (/received message larger|grpc: /.test(error.message)) return undefined;
  const failed = failedVertex(error, vertexes);
  return new ImageSpecError("DISK_FULL", `no space is left on a disk of the daemon at "${daemon}"`, {
    hint: "free space where the daemon keeps its data, for example with docker builder prune",
    cause: error,
    details: { host: daemon, ...(failed === undefined ? {} : { step: failed.description.name }) },
    logTail: failed?.tail.lines ?? [],
  });
}

function brokenDockerfile(error: SolveError): ImageSpecError | undefined {
  const found = /dockerfile parse error(?: on)? line (\d+): (.*)/is.exec(error.message);
  if (found === null) return undefined;
  const [, line = "", why = ""] = found;
  const message = `the daemon does not understand line ${line} of the Dockerfile that was made for it: ${shortText(why)}`;
  return new ImageSpecError("INTERNAL", message, {
    hint: "report this with the output of imagespec export dockerfile; until then the builder option dialect may help",
    cause: error,
    details: { line: Number(line) },
  });
}

function missingSecret(error: SolveError, { spec }: ExplanationContext): ImageSpecError | undefined {
  const id = /(?:^|: )secret (\S+?):? not found(?:: not found)?$/.exec(error.message)?.[1];
  if (id === undefined) return undefined;
  const index = spec?.secrets.findIndex((secret) => secret.id === id) ?? -1;
  const path = index >= 0 ? `secrets[${index}]` : "secrets";
  const message = `the secret "${id}" that a build step needs has no value`;
  const hint = "give the secret a value where the spec says it comes from";
  return new ImageSpecError("SPEC_VALUE", message, {
    hint,
    cause: error,
    problems: [{ code: "SPEC_VALUE", path, message, hint }],
  });
}

function explainByVertex(error: SolveError, context: ExplanationContext): ImageSpecError {
  const failed = failedVertex(error, context.vertexes);
  const kind = failed?.description.kind;
  if (kind === "base" || isAboutBase(error.message)) return explainBase(error, failed);
  if (kind === "command" && failed !== undefined) return explainStep(error, failed, context);
  const { target } = context;
  if (kind === "export" && /failed to push|failed commit on ref/.test(error.message)) {
    const pushed = /failed to push (\S+?): (.*)$/s.exec(error.message);
    const reference = target ?? pushed?.[1] ?? "";
    return registryFailure(pushed?.[2] ?? error.message, { reference, doing: "push" }, error);
  }
  const unsupported = unsupportedBy(error.message);
  const code: ErrorCode = unsupported === undefined ? "BUILD_FAILED" : "ENGINE_UNSUPPORTED";
  const what = failed === undefined ? "the build" : `step "${failed.description.name}"`;
  return new ImageSpecError(code, `${what} failed: ${shortText(error.message)}`, {
    hint: unsupported ?? "read the lines of the log below, and the daemon's own log",
    cause: error,
    details: { host: context.daemon ?? "", ...(failed === undefined ? {} : { step: failed.description.name }) },
    logTail: failed?.tail.lines ?? [],
  });
}

/** By the daemon's own word, else the one whose error is the message's, else the last that failed. */
function failedVertex(error: SolveError, vertexes: readonly TrackedVertex[]): TrackedVertex | undefined {
  const stated = error.details.find((detail) => detail.kind === "vertex")?.digest;
  const failed = vertexes.filter(({ vertex }) => vertex.error !== "" && !/context canceled$/.test(vertex.error));
  return (
    vertexes.find(({ vertex }) => vertex.digest === stated) ??
    failed.find(({ vertex }) => error.message.includes(vertex.error)) ??
    failed.at(-1)
  );
}

function isAboutBase(message: string): boolean {
  return /failed to resolve source metadata for|pulling from host \S+ failed/.test(message);
}

function explainBase(error: SolveError, failed: TrackedVertex | undefined): ImageSpecError {
  const { message } = error;
  const named = /failed to resolve source metadata for (\S+): /.exec(message)?.[1];
  const reference = (failed?.description.reference ?? named ?? "").replace(/@sha256:[0-9a-f]+$/, "");
  const noPlatform = /no match for platform in manifest/.test(message);
  if (noPlatform || /(?:^|: )[^\s:]+(?::[^\s:]+)*: not found$/.test(message)) {
    const what = noPlatform
      ? `base image "${reference}" has nothing for the platform`
      : `base image "${reference}" does not exist`;
    const hint = noPlatform
      ? "choose another platform or base"
      : "check the name, the tag and the registry of the base";
    return new ImageSpecError("BASE_NOT_FOUND", what, {
      hint,
      cause: error,
      details: { reference },
      problems: [{ code: "BASE_NOT_FOUND", path: "base", message: what, hint }],
    });
  }
  const said = failed?.vertex.error || messageOf(error).replace(/^.*failed to resolve source metadata for \S+: /s, "");
  return registryFailure(shortText(said), { reference, doing: "pull" }, error);
}

/** The way out, where the daemon lacks something; nothing for other failures. */
function unsupportedBy(message: string): string | undefined {
  if (/network\.host is not allowed/.test(message))
    return "allow it in the daemon (--allow-insecure-entitlement network.host), or choose another network";
  if (/exporter "?\S+"? could not be found|unknown (?:cache )?exporter|exporter .* not supported/.test(message))
    return "use a daemon with its own image store: a buildkitd, or an Engine with the containerd image store";
  if (/conflicts with unpack|not supported by|unsupported/.test(message))
    return "update the daemon, or use a buildkitd";
  return undefined;
}
