import { ImageSpecError } from "@imagespec/errors";

/** The fields of one paragraph by their name as written; continuation lines keep their leading blank, joined by line feeds. */
export type ControlFields = ReadonlyMap<string, string>;

/**
 * Parses one paragraph of a Debian control file.
 *
 * @throws DEBIAN_INDEX for a line that is no field and for a field given twice.
 */
export function parseControlParagraph(text: string): ControlFields {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (line.startsWith(" ") || line.startsWith("\t")) {
      if (current === undefined) throw invalid(`continuation line "${line.trim()}" before any field`);
      fields.set(current, `${fields.get(current) ?? ""}\n${line}`);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) throw invalid(`line "${line.slice(0, 80)}" is not a field`);
    current = line.slice(0, colon);
    if (fields.has(current)) throw invalid(`field "${current}" is given twice`);
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/**
 * The value of a field that has to be there.
 *
 * @throws DEBIAN_INDEX when it is missing.
 */
export function requiredField(fields: ControlFields, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw invalid(`field "${name}" is missing`);
  return value;
}

function invalid(what: string): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", `a Debian control file is damaged: ${what}`, {
    hint: "try again later or use another archive; the file does not follow deb-control(5)",
  });
}
