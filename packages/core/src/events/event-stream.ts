import { isImageSpecError, redact } from "@imagespec/errors";
import type { BuildEvent, BuilderEvent, DoneEvent, LogEvent, StartedEvent, StepEvent } from "./events.ts";
import { LogRedactor } from "./log-redactor.ts";

/** Milliseconds since the process started. The global `performance` would load ten modules of Node.js at its first use. */
function elapsedMs(): number {
  return process.uptime() * 1000;
}

/** Who emits: the builder (empty for the engine itself) and, for one of several platforms, which. */
export interface EventOrigin {
  readonly builder: string;
  readonly platform?: string | undefined;
  /** Set for the base of the image: marks its steps. */
  readonly prefix?: string | undefined;
}

type OwnFields<T> = T extends BuildEvent ? Omit<T, "t" | "build" | "builder" | "platform"> : never;
type AnyEvent = OwnFields<BuildEvent>;

/** The events of one requested build: complete, redacted, in order, with one `done` as the last. */
export class EventStream {
  #build: string;
  readonly #onEvent: ((event: BuildEvent) => void) | undefined;
  readonly #start = elapsedMs();
  readonly #logs = new Map<string, LogRedactor>();
  readonly #warnings: string[] = [];
  readonly #timings: Record<string, number> = {};
  #isDone = false;
  /** Then the builder was left while it tidied up, and what it still tells is no defect. */
  #isAborted = false;
  #hasWarnedOfLateEvents = false;

  /** `build`: what the build is called until {@link started} gives it its full name. */
  constructor(build: string, onEvent: ((event: BuildEvent) => void) | undefined) {
    this.#build = build;
    this.#onEvent = onEvent;
  }

  /** Milliseconds since the build started. */
  get elapsed(): number {
    return elapsedMs() - this.#start;
  }

  /** Milliseconds of the engine's own steps so far; those of bases are not among them. */
  get timings(): Readonly<Record<string, number>> {
    return { ...this.#timings };
  }

  /** Messages of the warnings so far. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  started(build: string, fields: Omit<OwnFields<StartedEvent>, "type">): void {
    this.#build = build;
    this.#send({ builder: "" }, { type: "started", ...fields });
  }

  /** Takes an event of a builder; after {@link done} it is dropped. */
  emit(origin: EventOrigin, event: BuilderEvent): void {
    if (this.#isDone) {
      if (!this.#isAborted) this.#warnOfLateEvent(origin.builder);
      return;
    }
    const marked = withPrefix(event, origin.prefix);
    if (marked.type === "log") this.#log(origin, marked);
    else {
      if (marked.type === "warning") this.#warnings.push(redact(marked.message));
      if (marked.type === "step" && marked.ms !== undefined) this.#flush(origin, marked.id);
      this.#send(origin, marked);
    }
  }

  /** Runs an action of the engine as a step. */
  async step<T>(
    id: string,
    action: () => Promise<T>,
    describe?: (value: T) => string | undefined,
    origin: EventOrigin = { builder: "" },
  ): Promise<T> {
    const start = elapsedMs();
    const send = (fields: Pick<StepEvent, "state"> & Partial<Pick<StepEvent, "ms" | "detail" | "error">>): void => {
      if (!this.#isDone) this.emit(origin, { type: "step", id, name: id, ...fields });
    };
    send({ state: "running" });
    try {
      const value = await action();
      const detail = describe?.(value);
      const ms = elapsedMs() - start;
      if (origin.prefix === undefined) this.#timings[id] = ms;
      send({ state: "done", ms, ...(detail === undefined ? {} : { detail }) });
      return value;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      send({ state: "failed", ms: elapsedMs() - start, error: message });
      throw error;
    }
  }

  /** Ends the stream. */
  done(
    builder: string,
    outcome: Pick<DoneEvent & { error: unknown }, "error"> | Pick<DoneEvent & { result: unknown }, "result">,
  ): void {
    if (this.#isDone) return;
    for (const log of this.#logs.values()) log.flush();
    this.#send({ builder }, { type: "done", ...outcome } as OwnFields<DoneEvent>);
    this.#isDone = true;
    const error = "error" in outcome ? outcome.error : undefined;
    this.#isAborted = isImageSpecError(error, "ABORTED") || isImageSpecError(error, "BUILD_TIMEOUT");
  }

  /** The last lines of what a builder logged for a platform, of the step that logged last. */
  logTail({ builder, platform, prefix }: EventOrigin): readonly string[] {
    const start = [builder, platform ?? "", prefix ?? ""].join("\0");
    const [key, log] = [...this.#logs].findLast(([name]) => name.startsWith(`${start}\0`)) ?? [];
    if (key === undefined || log === undefined) return [];
    log.flush();
    return log.tail;
  }

  #log(origin: EventOrigin, event: OwnFields<LogEvent>): void {
    const key = logKey(origin, event.stream, event.step);
    let log = this.#logs.get(key);
    // Put in anew each time, so that the last one is the one that logged last.
    this.#logs.delete(key);
    if (log === undefined) {
      const { step, stream } = event;
      log = new LogRedactor((text) => this.#send(origin, { type: "log", step, stream, text }));
    }
    this.#logs.set(key, log);
    log.write(event.text);
  }

  #flush(origin: EventOrigin, step: string): void {
    for (const stream of ["out", "err"]) this.#logs.get(logKey(origin, stream, step))?.flush();
  }

  #send(origin: EventOrigin, fields: AnyEvent): void {
    if (this.#isDone || this.#onEvent === undefined) return;
    const { builder, platform } = origin;
    const base = { t: this.elapsed, build: this.#build, builder, ...(platform === undefined ? {} : { platform }) };
    // Texts keep their type when they are redacted; the spread puts the fields together that OwnFields took apart.
    const event = { ...redactTexts(fields), ...base } as BuildEvent;
    try {
      this.#onEvent(event);
    } catch (error) {
      // The caller's defect must neither fail the build nor go unseen.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #warnOfLateEvent(builder: string): void {
    if (this.#hasWarnedOfLateEvents) return;
    this.#hasWarnedOfLateEvents = true;
    process.emitWarning(`builder "${builder}" emitted an event after its build "${this.#build}" was done`, {
      type: "ImageSpecWarning",
    });
  }
}

function logKey({ builder, platform, prefix }: EventOrigin, stream: string, step: string): string {
  return [builder, platform ?? "", prefix ?? "", stream, step].join("\0");
}

function withPrefix(event: BuilderEvent, prefix: string | undefined): BuilderEvent {
  if (prefix === undefined) return event;
  if (event.type === "step") return { ...event, id: `${prefix}/${event.id}`, name: `${prefix} ${event.name}` };
  if (event.type === "log") return { ...event, step: `${prefix}/${event.step}` };
  if (event.type === "transfer" && event.step !== undefined) return { ...event, step: `${prefix}/${event.step}` };
  return event;
}

function redactTexts<T extends object>(fields: T): T {
  const entries = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === "string" ? redact(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
