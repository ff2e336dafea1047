import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { BuildRequest, PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import type { DockerfilePlan, PlannedSecret } from "@imagespec/dockerfile";
import { onDisk } from "@imagespec/image-store";
import { type BuildStepFiles, buildStepFiles, type UvSettings } from "@imagespec/resolver";

/** The options of `buildah build` that give its steps what they mount; the files are for the owner alone. */
export async function secretOptions(
  plan: DockerfilePlan,
  folder: string,
  options: {
    readonly spec: ResolvedImageSpec;
    readonly request: BuildRequest;
    readonly settings: UvSettings;
    readonly resolution: PackageResolution | undefined;
  },
): Promise<readonly string[]> {
  const { spec, request, settings, resolution } = options;
  const secret = (id: string): Promise<string> => request.secret(id);
  const machine = await buildStepFiles(spec, { settings, secret, resolution });
  await onDisk(folder, () => mkdir(folder, { mode: 0o700 }));
  const argv: string[] = [];
  for (const planned of plan.secrets) {
    const value = planned.kind === "spec" ? await secret(planned.secret) : machineFile(machine, planned.kind);
    // What the machine has not is not mounted: those mounts are optional.
    if (value === undefined) continue;
    const file = path.join(folder, `${argv.length}`);
    await onDisk(file, () => writeFile(file, value, { mode: 0o600, flag: "wx" }));
    argv.push("--secret", `id=${planned.id},src=${file}`);
  }
  return argv;
}

function machineFile(files: BuildStepFiles, kind: Exclude<PlannedSecret["kind"], "spec">): string | undefined {
  if (kind === "uv-config") return files.uvConfig;
  return kind === "netrc" ? files.netrc : files.ca;
}
