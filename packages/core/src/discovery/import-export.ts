import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ImageSpecError } from "@imagespec/errors";

/**
 * Imports what a package exports under a subpath (`"."`, `"./register"`), seen from the package itself.
 *
 * @throws BUILDER_CONTRACT when the package exports no such path; whatever the module throws
 */
export async function importExport(
  name: string,
  folder: string,
  packageJson: unknown,
  subpath: string,
): Promise<Readonly<Record<string, unknown>>> {
  const file = exportedFile(packageJson, subpath);
  if (file === undefined) {
    throw new ImageSpecError("BUILDER_CONTRACT", `the plugin "${name}" does not export "${subpath}"`, {
      hint: `report this to the authors of "${name}"`,
      details: { package: name, subpath },
    });
  }
  // Module namespaces are records of their exports.
  return (await import(pathToFileURL(join(folder, file)).href)) as Readonly<Record<string, unknown>>;
}

const conditions: ReadonlySet<string> = new Set(["import", "node", "module-sync", "default"]);

/** The file that `exports` (or `main`) gives for importing a subpath. Patterns are not looked at: plugins name their modules. */
function exportedFile(packageJson: unknown, subpath: string): string | undefined {
  if (typeof packageJson !== "object" || packageJson === null) return undefined;
  const { exports, main } = packageJson as { readonly exports?: unknown; readonly main?: unknown };
  if (exports === undefined) {
    if (subpath !== ".") return undefined;
    return typeof main === "string" ? main : "index.js";
  }
  const isMap =
    typeof exports === "object" && exports !== null && Object.keys(exports).some((key) => key.startsWith("."));
  if (!isMap) return subpath === "." ? targetOf(exports) : undefined;
  // A map of subpaths: its keys were just looked at.
  return targetOf((exports as Readonly<Record<string, unknown>>)[subpath]);
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (Array.isArray(target)) return target.map(targetOf).find((file) => file !== undefined);
  if (typeof target !== "object" || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const file = conditions.has(condition) ? targetOf(inner) : undefined;
    if (file !== undefined) return file;
  }
  return undefined;
}
