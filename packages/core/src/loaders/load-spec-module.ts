import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { ImageSpec } from "../spec/image-spec.ts";
import type { LoadedSpec, SpecFile } from "./loaded-spec.ts";
import { lockNameOf } from "./lock-name.ts";

/** Loads a module by running it. Several exports of one spec are one. */
export async function loadSpecModule(
  file: string,
  absolute: string,
  format: "module" | "typescript",
): Promise<SpecFile> {
  const exports = await importModule(file, absolute, format);
  const specs: LoadedSpec[] = [];
  for (const [key, value] of Object.entries(exports)) {
    if (!ImageSpec.isImageSpec(value) || specs.some(({ spec }) => spec === value)) continue;
    const lockName = lockNameOf(value, file, key === "default" ? undefined : key);
    specs.push({ spec: value, file, root: dirname(absolute), key, lockName, locate: () => undefined });
  }
  if (specs.length > 0) return { specs };
  const names = Object.keys(exports).join(", ");
  throw new ImageSpecError(
    "SPEC_FILE_UNREADABLE",
    `"${file}" exports no ImageSpec${names === "" ? "" : `, only ${names}`}`,
    {
      hint: 'export one: export const image = new ImageSpec({ packages: ["numpy"] })',
      details: { file },
    },
  );
}

async function importModule(
  file: string,
  absolute: string,
  format: "module" | "typescript",
): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(absolute).href;
  try {
    // Node.js strips types by itself from 22.18 on; older ones need a loader.
    const native: unknown = Reflect.get(process.features, "typescript");
    if (format === "module" || native) return await import(url);
    const { createJiti } = await import("jiti");
    return await createJiti(import.meta.url, { moduleCache: false }).import(absolute);
  } catch (error) {
    // The spec's own problems speak for themselves.
    if (isImageSpecError(error)) throw error;
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `"${file}" cannot be loaded: ${messageOf(error)}`, {
      hint: "run the file by itself to see where it fails",
      details: { file },
      cause: error,
    });
  }
}
