import type { Build } from "./build.ts";
import type { BuildMachine } from "./build-machine.ts";
import type { BuildView } from "./build-view.ts";
import type { Buildspec } from "./buildspec.ts";

/** The exported variables: none whose name begins with `AWS_`, and no secrets. */
export async function exportVariables(
  build: Build,
  spec: Buildspec,
  machine: BuildMachine,
): Promise<BuildView["exportedEnvironmentVariables"]> {
  const exported: { readonly name: string; readonly value: string }[] = [];
  const wrong = build.fault("wrong-digest") !== undefined;
  for (const name of spec.exportedVariables) {
    if (name.startsWith("AWS_")) continue;
    const value = await machine.variable(name);
    if (build.log.isSecret(value)) continue;
    exported.push({ name, value: wrong ? value.replace(/^sha256:[0-9a-f]{64}$/, `sha256:${"0".repeat(64)}`) : value });
  }
  return exported;
}
