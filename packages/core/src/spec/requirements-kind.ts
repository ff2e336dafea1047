import type { RequirementsKind } from "./normalized-spec.ts";

/** What a requirements or lock file is, by its name. */
export function requirementsKind(file: string): RequirementsKind {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (name === "uv.lock") return "uv-lock";
  if (name === "poetry.lock") return "poetry-lock";
  return /^pylock(?:\.[^.]+)?\.toml$/.test(name) ? "pylock" : "requirements";
}
