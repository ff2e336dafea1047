import type { ResolvedImageSpec } from "../../spec/resolved-spec.ts";
import type { BuildOutcome, BuildRequest, ImageSpecBuilder } from "../builder.ts";
import { decorated } from "./decorated.ts";

/** One build that ended. */
export type RecordedBuild = {
  readonly builder: string;
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  /** Milliseconds. */
  readonly ms: number;
} & ({ readonly outcome: BuildOutcome } | { readonly error: unknown });

/** The builder, with a note of every build when it has ended. What `record` throws becomes the build's error. */
export function withRecorder(builder: ImageSpecBuilder, record: (build: RecordedBuild) => void): ImageSpecBuilder {
  return decorated(builder, async (spec, request) => {
    const start = performance.now();
    const common = () => ({ builder: builder.name, spec, request, ms: performance.now() - start });
    let outcome: BuildOutcome;
    try {
      outcome = await builder.build(spec, request);
    } catch (error) {
      record({ ...common(), error });
      throw error;
    }
    record({ ...common(), outcome });
    return outcome;
  });
}
