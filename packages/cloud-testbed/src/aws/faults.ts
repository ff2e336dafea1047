import type { ScriptedFault } from "../shared/fault-queue.ts";

/** Phases of a build, in their order. */
export type PhaseType =
  | "SUBMITTED"
  | "QUEUED"
  | "PROVISIONING"
  | "DOWNLOAD_SOURCE"
  | "INSTALL"
  | "PRE_BUILD"
  | "BUILD"
  | "POST_BUILD"
  | "UPLOAD_ARTIFACTS"
  | "FINALIZING"
  | "COMPLETED";

/** What strikes a call of the API; `op` is the operation: `StartBuild`, `PutObject`, `GetLogEvents` … */
export type ApiFault = ScriptedFault &
  (
    | { /** `ThrottlingException`, "Rate exceeded"; S3 says `SlowDown` with 503. */ readonly kind: "throttle" }
    | { /** The connection ends before the request was looked at. */ readonly kind: "drop-before" }
    | { /** The request is carried out, and the connection ends without an answer. */ readonly kind: "drop-after" }
    | { /** 500 without a body. */ readonly kind: "empty-500" }
    | {
        /** `AccessDeniedException` in IAM's words. */
        readonly kind: "denied";
        /** @default the operation's own, as `codebuild:StartBuild` */
        readonly action?: string;
        /** @default "*" */
        readonly resource?: string;
      }
    | { readonly kind: "error"; readonly code: string; readonly message: string; readonly status?: number }
    | { /** Of `BatchGetBuilds`: all ids are in `buildsNotFound`. */ readonly kind: "builds-not-found" }
    | { /** Of `GetLogEvents`: no events though there are some; the token stays usable. */ readonly kind: "empty-page" }
    | { /** Of `GetLogEvents`: the page before this one once more. */ readonly kind: "repeated-page" }
    | {
        /** Of `CreateProject`, `UpdateProject`, `StartBuild`: a role that was just created. */ readonly kind: "role-not-assumable";
      }
    | { /** Answers later. */ readonly kind: "delay"; readonly ms: number }
  );

/** What strikes a request to the registry; `op` is `registry:` and the operation: `registry:PutManifest`, `registry:PostUpload` … */
export type RegistryFault = ScriptedFault &
  (
    | { /** 429 TOOMANYREQUESTS. */ readonly kind: "throttle" }
    | { readonly kind: "drop-before" }
    | { readonly kind: "drop-after" }
    | { readonly kind: "empty-500" }
    | { /** 403 DENIED. */ readonly kind: "denied"; readonly action?: string; readonly resource?: string }
    | { /** A repository that was just created: 404 NAME_UNKNOWN. */ readonly kind: "not-found" }
    | { /** The token that was sent expires here and stays expired. */ readonly kind: "token-expired" }
    | { /** The token that was sent is unknown from here on: 401. */ readonly kind: "token-revoked" }
    | {
        /** Of `PutManifest`: somebody else puts another image under this tag just before. */ readonly kind: "tag-taken";
      }
  );

/** What strikes a whole build; `op` is `build`. One of each kind may strike the same build. */
export type BuildFault = ScriptedFault & { readonly op: "build" } & (
    | {
        /** A phase ends so instead of being carried out, and the build with it. */
        readonly kind: "phase-ends";
        readonly phase: PhaseType;
        readonly status: "FAILED" | "FAULT" | "TIMED_OUT" | "STOPPED";
        readonly statusCode?: string;
        readonly message?: string;
      }
    | {
        /** Asked for its state, the build has one that no client knows. */
        readonly kind: "unknown-status";
        readonly status: string;
        /** How many answers say so. @default 1 */
        readonly answers?: number;
      }
    | { /** The log stream appears so much after PROVISIONING. */ readonly kind: "late-stream"; readonly ms: number }
    | {
        /** What is left of the log is written so much after the end. */ readonly kind: "late-lines";
        readonly ms: number;
      }
    | { /** Exported variables that hold a digest hold another. */ readonly kind: "wrong-digest" }
    | {
        /** Something happens when a phase begins. */
        readonly kind: "meanwhile";
        readonly phase: PhaseType;
        readonly run: () => Promise<void> | void;
      }
  );

export type AwsFault = ApiFault | RegistryFault | BuildFault;
