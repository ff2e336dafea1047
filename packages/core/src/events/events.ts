import type { ImageSpecError } from "@imagespec/errors";
import type { ImageResult } from "../engine/image-result.ts";

export type StepState = "queued" | "running" | "done" | "cached" | "failed" | "canceled";

interface EventBase {
  /** Milliseconds since the build started, monotonic. */
  readonly t: number;
  /** Names one requested build among several: its image name and tag. */
  readonly build: string;
  /** Empty for steps of the engine itself. */
  readonly builder: string;
  readonly platform?: string;
}

/** Emitted by the engine alone, first. */
export interface StartedEvent extends EventBase {
  readonly type: "started";
  /** The reference that is to be made. */
  readonly target: string;
  readonly fingerprint: string;
  readonly totalSteps?: number;
}

/** A step changed its state. Steps that never start get no event. */
export interface StepEvent extends EventBase {
  readonly type: "step";
  /** Stable within the build. */
  readonly id: string;
  /** For people: `resolve`, `layers`, `push`. */
  readonly name: string;
  /** The spec field that the step carries out: `packages[3]`, `commands[0]`. */
  readonly spec?: string;
  readonly state: StepState;
  /** With `done`, `cached`, `failed`. */
  readonly ms?: number;
  /** A few words for people: "16 packages", "5 built, 0 reused · 76 MB". */
  readonly detail?: string;
  readonly error?: string;
}

export interface LogEvent extends EventBase {
  readonly type: "log";
  readonly step: string;
  readonly stream: "out" | "err";
  /** Raw chunk; may end in the middle of a line. */
  readonly text: string;
}

export interface TransferEvent extends EventBase {
  readonly type: "transfer";
  readonly step?: string;
  readonly kind: "context" | "pull" | "push" | "extract" | "export";
  readonly item: string;
  readonly current: number;
  readonly total?: number;
  readonly unit: "byte" | "item";
}

export interface WarningEvent extends EventBase {
  readonly type: "warning";
  readonly message: string;
  readonly source?: string;
}

export interface RetryEvent extends EventBase {
  readonly type: "retry";
  readonly what: string;
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: string;
}

/** Emitted by the engine alone, last, exactly once for each requested build. */
export type DoneEvent = EventBase & { readonly type: "done" } & (
    | { readonly result: ImageResult }
    | { readonly error: ImageSpecError }
  );

export type BuildEvent = StartedEvent | StepEvent | LogEvent | TransferEvent | WarningEvent | RetryEvent | DoneEvent;

type WithoutBase<T> = T extends EventBase ? Omit<T, keyof EventBase> : never;

/** What a builder emits; the engine adds `t`, `build`, `builder` and `platform`. */
export type BuilderEvent = WithoutBase<StepEvent | LogEvent | TransferEvent | WarningEvent | RetryEvent>;
