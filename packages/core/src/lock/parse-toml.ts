import { ImageSpecError, messageOf } from "@imagespec/errors";
import { parse, TomlError } from "smol-toml";
import type { Table } from "./toml-reader.ts";

/** Parses TOML. @throws LOCK_INVALID with file, line and column */
export function parseToml(text: string, file: string): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ImageSpecError("LOCK_INVALID", `"${file}" is not valid TOML: ${messageOf(error).split("\n", 1)[0]}`, {
      hint: "write the file again with the tool that made it",
      details: { file, line: error.line, column: error.column },
      cause: error,
    });
  }
}
