import type {
  BuilderEvent,
  BuildOutcome,
  BuildRequest,
  Capability,
  ImageSpecBuilder,
  ResolvedImageSpec,
} from "@imagespec/core";
import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { createFakeBuilder, type FakeBuilderOptions, fakeCapabilities, type LayerEntry } from "../../src/index.ts";

/** A builder with one defect, and the test that is there for it. */
export interface BrokenBuilder {
  readonly defect: string;
  /** Group and id of the test. */
  readonly caughtBy: `${string}/${string}`;
  /** What the test says. */
  readonly says: RegExp;
  readonly create: () => ImageSpecBuilder;
}

type Build = (spec: ResolvedImageSpec, request: BuildRequest) => Promise<BuildOutcome>;

/** An honest builder whose `build` is wrapped. */
export function wrapped(wrap: (build: Build) => Build, options: FakeBuilderOptions = {}): () => ImageSpecBuilder {
  return () => {
    const builder = createFakeBuilder(options);
    return { ...builder, build: wrap((spec, request) => builder.build(spec, request)) };
  };
}

type Create = () => ImageSpecBuilder;

export function fake(options: FakeBuilderOptions): Create {
  return () => createFakeBuilder(options);
}

/** An honest builder with other members. */
export function changed(fields: object): Create {
  return () => ({ ...createFakeBuilder(), ...fields });
}

export function claims(...more: readonly Capability[]): Create {
  return fake({ capabilities: [...fakeCapabilities, ...more] });
}

export function emitsAs(change: (emit: BuildRequest["emit"]) => (event: BuilderEvent) => void): Create {
  return wrapped((build) => (spec, request) => build(spec, { ...request, emit: change(request.emit) }));
}

export function emitsToo(...events: readonly object[]): Create {
  return fake({
    during(step, _spec, { emit }) {
      // Nothing that the contract knows.
      if (step === "layers") for (const event of events) emit(event as BuilderEvent);
    },
  });
}

export function failsAs(change: (error: ImageSpecError) => unknown): Create {
  return wrapped((build) => async (spec, request) => {
    try {
      return await build(spec, request);
    } catch (error) {
      throw isImageSpecError(error) ? change(error) : error;
    }
  });
}

export function entries(change: (entry: LayerEntry) => LayerEntry | readonly LayerEntry[]): Create {
  return fake({ entries: (list) => list.flatMap(change) });
}

export function text(path: string, content: string): LayerEntry {
  return { type: "file", path, mode: 0o644, content };
}

/** Reads the first secret of a spec and does something with it that nobody may. */
export function leaks(leak: (secret: string, request: BuildRequest) => Promise<FakeBuilderOptions>): Create {
  return () => ({
    ...createFakeBuilder(),
    async build(spec, request) {
      const [first] = spec.secrets;
      const value = first === undefined ? "" : await request.secret(first.id);
      const secret = /password (\S+)/.exec(value)?.[1] ?? value.slice(value.indexOf(":") + 1);
      return createFakeBuilder(await leak(secret, request)).build(spec, request);
    },
  });
}

/** Puts an image under the tag of the build, past the engine and in spite of an abort. */
export async function publish(spec: ResolvedImageSpec, request: BuildRequest): Promise<void> {
  const { output, registryClient } = request;
  if (output.kind !== "registry") return;
  const sink = registryClient.repository(output);
  const others = { ...request, sink, signal: new AbortController().signal, emit: () => undefined };
  const { digest, mediaType } = await createFakeBuilder().build({ ...spec, requirementLines: [] }, others);
  const stored = await sink.getManifest({ digest });
  await sink.writeManifest(stored.bytes, mediaType, { tag: output.tag });
}
