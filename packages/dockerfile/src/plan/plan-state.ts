import type { ResolvedImageSpec } from "@imagespec/core";
import type { BuildContext } from "../context/build-context.ts";
import type { DockerfileText } from "../text/dockerfile-text.ts";
import type { PlannedPython } from "./choose-python.ts";
import type { DockerfileInput, DockerfileOptions } from "./dockerfile-plan.ts";
import type { StageGroup } from "./package-groups.ts";
import type { PlanBase } from "./plan-base.ts";
import type { SecretMounts } from "./secret-mounts.ts";

/** What every part of the text is written from, and to. */
export interface PlanState {
  readonly spec: ResolvedImageSpec;
  readonly input: DockerfileInput;
  readonly options: DockerfileOptions;
  readonly base: PlanBase | undefined;
  readonly python: PlannedPython | undefined;
  readonly groups: readonly StageGroup[];
  readonly user: PlannedUser;
  readonly text: DockerfileText;
  readonly context: BuildContext;
  readonly secrets: SecretMounts;
}

/** Who runs in the image, and to whom its files belong. */
export interface PlannedUser {
  /** For USER. */
  readonly name: string;
  /** For `chown`: numbers where they are known. */
  readonly owner: string;
  /** Whether the user of the image contract is added to the base. */
  readonly isAdded: boolean;
}
