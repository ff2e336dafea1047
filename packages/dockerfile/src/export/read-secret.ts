import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, messageOf, registerSecret } from "@imagespec/errors";

/**
 * The value of a secret of a spec, for asking the package index.
 *
 * @throws CREDENTIALS for one that is not there, or that a cloud keeps
 */
export async function readSecret(
  spec: Pick<ResolvedImageSpec, "secrets" | "root">,
  id: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const from = spec.secrets.find((secret) => secret.id === id)?.from;
  const value = from === undefined ? undefined : await readValue(from, spec.root, env, id);
  if (value === undefined) {
    throw new ImageSpecError("CREDENTIALS", `the secret "${id}" cannot be read on this machine`, {
      hint: "set its variable, or take it from env or file",
    });
  }
  registerSecret(value);
  return value;
}

async function readValue(
  from: ResolvedImageSpec["secrets"][number]["from"],
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  id: string,
): Promise<string | undefined> {
  if ("value" in from) return from.value.reveal();
  if ("env" in from) return env[from.env];
  if (!("file" in from)) return undefined;
  try {
    return await readFile(path.resolve(root, from.file), "utf8");
  } catch (cause) {
    throw new ImageSpecError("CREDENTIALS", `the secret "${id}" cannot be read: ${messageOf(cause)}`, {
      hint: "create the file, or correct its path",
      cause,
    });
  }
}
