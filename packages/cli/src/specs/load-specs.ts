import { type LoadedSpec, loadSpecFile, parseSpecText } from "@imagespec/core";
import type { CommandContext } from "../command-context.ts";
import { findSpecFile } from "./find-spec-file.ts";

/** The specs of the named files, in order; `-` is YAML on standard input. Without names, those of the folder's only spec file. */
export async function loadSpecs(files: readonly string[], context: CommandContext): Promise<readonly LoadedSpec[]> {
  const { cwd } = context;
  const names = files.length > 0 ? files : [await findSpecFile(cwd)];
  const specs: LoadedSpec[] = [];
  for (const name of names) {
    const file =
      name === "-"
        ? parseSpecText(await readAll(context.stdin), { file: "-", format: "yaml", root: cwd })
        : await loadSpecFile(name, { cwd });
    specs.push(...file.specs);
  }
  return specs;
}

/** All that a stream holds, as text. */
export async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
