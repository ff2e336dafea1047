import { flytekitId } from "../spec/flytekit-id.ts";
import type { FlytekitEnvironment, FlytekitSpec } from "../spec/flytekit-spec.ts";
import { processEnv } from "./detect.ts";

/** Where a process runs: as flytekit's `is_container` asks its execution state. */
export interface ContainerOptions extends FlytekitEnvironment {
  /** @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whether the process is a task: everywhere else flytekit answers yes. @default whether `_F_IMG_ID` is set */
  readonly isTask?: boolean | undefined;
}

/**
 * flytekit's `is_container`: whether a task runs in an image of the spec, by its `_F_IMG_ID`; always outside of tasks.
 *
 * @throws FLYTEKIT_SPEC
 */
export function isContainer(spec: FlytekitSpec, options: ContainerOptions = {}): boolean {
  const { env = processEnv() } = options;
  const { _F_IMG_ID: id } = env;
  if (!(options.isTask ?? id !== undefined)) return true;
  return id === flytekitId(spec, options);
}
