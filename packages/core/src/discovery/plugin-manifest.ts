import { ImageSpecError } from "@imagespec/errors";
import { contractVersion } from "../builder/builder.ts";
import type { PluginManifest } from "../builder/plugin.ts";

/**
 * Reads the `imagespec` field of a package.json; nothing when the package is no plugin.
 *
 * @throws BUILDER_CONTRACT when the field is not of the form {@link PluginManifest}, or for another version of the contract
 */
export function parsePluginManifest(packageName: string, packageJson: unknown): PluginManifest | undefined {
  const field = isRecord(packageJson) ? packageJson["imagespec"] : undefined;
  if (field === undefined) return undefined;
  const wrong = (what: string): ImageSpecError =>
    new ImageSpecError("BUILDER_CONTRACT", `the field "imagespec" of package "${packageName}" ${what}`, {
      hint: `update "${packageName}", or report this to its authors`,
      details: { package: packageName },
    });
  if (!isRecord(field)) throw wrong("is not an object");
  const { contract, builders, register, cli, registries } = field;
  if (contract !== contractVersion) {
    throw new ImageSpecError(
      "BUILDER_CONTRACT",
      `the plugin "${packageName}" was made for version "${String(contract)}" of the builder contract, this is version ${contractVersion}`,
      {
        hint: Number(contract) > contractVersion ? "update @imagespec/core" : `update "${packageName}"`,
        details: { package: packageName, contract, expected: contractVersion },
      },
    );
  }
  if (!isRecord(builders) || !Object.values(builders).every((name) => typeof name === "string")) {
    throw wrong('has no "builders" with the export name of each builder');
  }
  for (const [name, path] of Object.entries({ register, cli, registries })) {
    if (path === undefined || (typeof path === "string" && path.startsWith("./"))) continue;
    throw wrong(`has a "${name}" that does not start with "./"`);
  }
  // Checked just above, value by value.
  return { ...(field as unknown as PluginManifest) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
