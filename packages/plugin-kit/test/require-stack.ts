import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../../scripts/stack/up.mjs", import.meta.url));

/** The part of the test stack that is used here. */
export interface RegistryStack {
  readonly registry: string;
  skopeo(args: readonly string[]): Promise<unknown>;
}

interface StackFacts {
  readonly registry: string;
  readonly registriesConfig: string;
  readonly skopeo: string;
}

/** Where the machine cannot have the stack, the test is skipped with the name of what is missing; in CI it fails. */
export async function requireStack(context: { readonly skip: (note?: string) => never }): Promise<RegistryStack> {
  const outcome = await new Promise<{ readonly stdout: string; readonly stderr: string; readonly failed: boolean }>(
    (resolve) => {
      execFile(process.execPath, [script], { timeout: 900_000 }, (error, stdout, stderr) =>
        resolve({ stdout, stderr, failed: error !== null }),
      );
    },
  );
  const missing = /^the test stack needs (.*)$/m.exec(outcome.stderr)?.[1];
  if (missing !== undefined && !process.env["CI"]) return context.skip(`the test stack needs ${missing}`);
  if (outcome.failed) throw new Error(`the test stack did not come up:\n${outcome.stderr}`);
  // up.mjs of the same repository writes it.
  const { registry, registriesConfig, skopeo } = JSON.parse(outcome.stdout) as StackFacts;
  return {
    registry,
    skopeo: (args) => promisify(execFile)(skopeo, ["--registries-conf", registriesConfig, ...args]),
  };
}
