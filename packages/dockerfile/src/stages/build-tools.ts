import type { PlanState } from "../plan/plan-state.ts";
import { bindMount, cacheMount, tmpfsMount } from "../text/mount.ts";

/** The stage that has uv, when it comes from an image. */
const uvStage = "uv";

/** The flag of FROM for the platform that packages were chosen for, whatever machine builds. */
export const platformFlag: string = "--platform=$IMAGESPEC_PLATFORM";

export function writePlatform({ text, spec }: PlanState): void {
  text.blank();
  // By an argument: BuildKit warns of a platform that stands in FROM itself.
  text.instruction("ARG", [`IMAGESPEC_PLATFORM=${spec.platforms[0]}`]);
}

export function writeUvStage({ text, options }: PlanState): void {
  if (options.uv.from !== "image") return;
  text.blank();
  text.comment("uv, which installs the packages");
  text.instruction("FROM", [`${platformFlag} ${options.uv.reference} AS ${uvStage}`]);
}

/** What steps that install packages mount: uv, its cache, and what the machine and the spec give for the package index. */
export function packageMounts(state: PlanState): readonly string[] {
  const { secrets } = state;
  const fromMachine = uvMounts(state);
  const fromSpec = secrets.packages();
  // Where logins are put together.
  const needsMemory = state.options.machineSecrets === true || secrets.loginArguments().length > 0;
  return [...fromMachine, ...(needsMemory ? [tmpfsMount("/build/private")] : []), ...fromSpec];
}

/** What every step that runs uv mounts: uv itself, its cache, and what the machine gives for its network. */
export function uvMounts({ context, options, secrets }: PlanState): readonly string[] {
  const { uv } = options;
  if (uv.from === "context") context.add({ ...uv.file, path: "build/uv", mode: 0o755 });
  return [
    uv.from === "context" ? bindMount("build/uv", "/build/uv") : bindMount("/uv", "/build/uv", uvStage),
    cacheMount("imagespec-uv", "/build/cache", "shared"),
    ...secrets.machine("uv-config", "/build/uv.toml"),
    ...secrets.machine("netrc", "/build/netrc"),
    ...secrets.machine("ca", "/build/ca.pem"),
  ];
}
