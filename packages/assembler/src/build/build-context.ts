import type { BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import type { ContentStore } from "@imagespec/image-store";
import type { LayerCache, LayerEncoder } from "@imagespec/image-store/layers";
import type { UvSettings } from "@imagespec/resolver";
import type { Limiter } from "../concurrency/limiter.ts";
import type { TaskScope } from "../concurrency/task-scope.ts";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import type { AssembleOptions } from "./assemble-options.ts";
import type { Publisher } from "./publisher.ts";
import type { StepReporter } from "./step-reporter.ts";

/** What the parts of one build share. */
export interface BuildContext {
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  readonly options: AssembleOptions;
  readonly settings: UvSettings;
  /** Folder of the assembler's own caches. */
  readonly folder: string;
  readonly content: ContentStore;
  readonly encoder: LayerEncoder;
  readonly cache: LayerCache;
  readonly scope: TaskScope;
  readonly steps: StepReporter;
  readonly publisher: Publisher;
  /** Layers that other machines have made. */
  readonly index: LayerIndex | undefined;
  /** Bounds how many layers are written at the same time. */
  readonly writers: Limiter;
}
