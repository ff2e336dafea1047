import { stringify } from "yaml";
import type { FlytekitImport, ImportNote } from "./import-flytekit-spec.ts";

/** A migration report as a spec file: the report in comments, then the spec. */
export function formatFlytekitImport(
  imported: FlytekitImport,
  { file, version, python }: { readonly file: string; readonly version: string; readonly python: string },
): string {
  const { imageName, id, equal, differs, ignored, spec } = imported;
  const lines = [
    `${file}, as flytekit ${version} on Python ${python} reads it`,
    `image ${imageName}`,
    `id ${id}`,
    "",
    `Equal: ${equal.length === 0 ? "nothing that is set" : equal.join(", ")}`,
    ...section("Different here:", differs),
    ...section("What flytekit does without a word:", ignored),
  ];
  const comments = lines.map((line) => (line === "" ? "#" : `# ${line.replaceAll(/[\r\n]+/g, " ")}`));
  return `${comments.join("\n")}\n\n${stringify(spec, { lineWidth: 0 })}`;
}

function section(title: string, notes: readonly ImportNote[]): readonly string[] {
  if (notes.length === 0) return [];
  return ["", title, ...notes.map(({ field, text }) => `  ${field}: ${text}`)];
}
