import type {
  BuilderEvent,
  BuildOutcome,
  BuildRequest,
  BuildVerdict,
  ImageSpecBuilder,
  ResolvedImageSpec,
  SelectionContext,
} from "@imagespec/core";
import type { ImageSink } from "@imagespec/oci";

/** One call of `build`, as the builder itself saw it and behaved. */
export interface ObservedBuild {
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  /** What it emitted, before the engine looked at it. */
  readonly events: readonly BuilderEvent[];
  /** What it emitted when its promise was settled already. */
  readonly late: readonly BuilderEvent[];
  state: "running" | "fulfilled" | "rejected";
  outcome?: BuildOutcome;
  error?: unknown;
  /** Resolves when its promise is settled, either way. */
  readonly settled: Promise<void>;
}

/** One call of `shouldBuild`. */
export interface ObservedQuestion {
  readonly spec: ResolvedImageSpec;
  readonly context: SelectionContext;
  readonly answer?: BuildVerdict;
  readonly error?: unknown;
  readonly ms: number;
}

/** What a test may do while the builder works. */
export interface BuildHooks {
  /** Changes what the builder is given. */
  readonly given?: (spec: ResolvedImageSpec, request: BuildRequest) => readonly [ResolvedImageSpec, BuildRequest];
  readonly onEvent?: (event: BuilderEvent) => void;
  /** Before `request.base` is answered. */
  readonly onBase?: () => void;
  /** Before a blob or manifest is written to the sink. */
  readonly onWrite?: () => void;
  /** When a blob or manifest has been written to the sink. */
  readonly onWritten?: () => void;
}

export interface ObservedBuilder {
  /** For an engine: the builder, with a notebook around it. */
  readonly builder: ImageSpecBuilder;
  readonly builds: readonly ObservedBuild[];
  readonly questions: readonly ObservedQuestion[];
}

/** Puts a notebook around a builder; nothing of what it does is changed. */
export function observeBuilder(builder: ImageSpecBuilder, hooks: BuildHooks = {}): ObservedBuilder {
  const builds: ObservedBuild[] = [];
  const questions: ObservedQuestion[] = [];
  const optional = {
    ...(builder.appendableSource === undefined ? {} : { appendableSource: builder.appendableSource }),
    ...(builder.isAvailable === undefined ? {} : { isAvailable: builder.isAvailable.bind(builder) }),
    ...(builder.contentOptions === undefined ? {} : { contentOptions: builder.contentOptions.bind(builder) }),
    ...(builder.lockBase === undefined ? {} : { lockBase: builder.lockBase.bind(builder) }),
    ...(builder.resolver === undefined ? {} : { resolver: builder.resolver.bind(builder) }),
  };
  const observed: ImageSpecBuilder = {
    name: builder.name,
    contractVersion: builder.contractVersion,
    priority: builder.priority,
    capabilities: builder.capabilities,
    ...optional,
    async shouldBuild(spec, context) {
      const start = performance.now();
      try {
        const answer = await builder.shouldBuild(spec, context);
        questions.push({ spec, context, answer, ms: performance.now() - start });
        return answer;
      } catch (error) {
        questions.push({ spec, context, error, ms: performance.now() - start });
        throw error;
      }
    },
    async build(spec, request) {
      const [givenSpec, given] = hooks.given?.(spec, request) ?? [spec, request];
      const events: BuilderEvent[] = [];
      const late: BuilderEvent[] = [];
      let settle = (): void => undefined;
      const settled = new Promise<void>((resolve) => {
        settle = resolve;
      });
      const build: ObservedBuild = { spec, request, events, late, state: "running", settled };
      builds.push(build);
      const emit = (event: BuilderEvent): void => {
        (build.state === "running" ? events : late).push(event);
        request.emit(event);
        hooks.onEvent?.(event);
      };
      const base = async (platform?: string) => {
        hooks.onBase?.();
        return given.base(platform);
      };
      try {
        const outcome = await builder.build(givenSpec, { ...given, emit, base, sink: watched(given.sink, hooks) });
        build.state = "fulfilled";
        build.outcome = outcome;
        return outcome;
      } catch (error) {
        build.state = "rejected";
        build.error = error;
        throw error;
      } finally {
        settle();
      }
    },
  };
  return { builder: observed, builds, questions };
}

function watched(sink: ImageSink, { onWrite, onWritten }: BuildHooks): ImageSink {
  if (onWrite === undefined && onWritten === undefined) return sink;
  const write = async <T>(action: () => Promise<T>): Promise<T> => {
    onWrite?.();
    const written = await action();
    onWritten?.();
    return written;
  };
  return {
    writeBlob: (...args) => write(() => sink.writeBlob(...args)),
    writeManifest: (...args) => write(() => sink.writeManifest(...args)),
  };
}
