import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ImageSpecError, registerSecret, systemCodeOf } from "@imagespec/errors";
import type { NormalizedSecret } from "../spec/normalized-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { EngineContext } from "./engine-context.ts";

/**
 * Reads a secret of a spec in this process and has it redacted from then on.
 *
 * @throws SPEC_VALUE (no such secret, variable not set, or kept where this process cannot read), SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE
 */
export async function readSecret(
  spec: ResolvedImageSpec,
  id: string,
  engine: Pick<EngineContext, "env" | "secretReaders">,
  signal: AbortSignal,
): Promise<string> {
  const index = spec.secrets.findIndex((secret) => secret.id === id);
  const secret = spec.secrets[index];
  if (secret === undefined) {
    throw new ImageSpecError("SPEC_VALUE", `the spec has no secret "${id}"`, {
      hint: `add it to secrets; there are: ${spec.secrets.map((known) => known.id).join(", ") || "none"}`,
    });
  }
  const value = await readValue(secret, `secrets[${index}].from`, spec.root, engine, signal);
  registerSecret(value);
  // Logs arrive by line and are rarely printed with the final line break.
  for (const line of value.split(/\r?\n/)) if (line.trim().length >= 8) registerSecret(line.trim());
  return value;
}

async function readValue(
  { id, from }: NormalizedSecret,
  path: string,
  root: string,
  engine: Pick<EngineContext, "env" | "secretReaders">,
  signal: AbortSignal,
): Promise<string> {
  if ("value" in from) return from.value.reveal();
  if ("env" in from) {
    const value = engine.env[from.env];
    if (value === undefined)
      throw problem(`${path}.env`, `the variable "${from.env}" of secret "${id}" is not set`, `set ${from.env}`);
    return value;
  }
  if ("file" in from) return readSecretFile(resolve(root, from.file), `${path}.file`, id);
  const [provider, name] = "aws" in from ? (["aws", from.aws] as const) : (["google", from.google] as const);
  const read = engine.secretReaders[provider];
  if (read === undefined) {
    const hint = "choose a builder that hands such secrets on, or take the secret from env or file";
    throw problem(
      `${path}.${provider}`,
      `the secret "${id}" is kept in ${provider} and cannot be read in this process`,
      hint,
    );
  }
  return read(name, { signal });
}

async function readSecretFile(file: string, path: string, id: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const isMissing = systemCodeOf(cause) === "ENOENT";
    const code = isMissing ? "SPEC_FILE_MISSING" : "SPEC_FILE_UNREADABLE";
    const message = `the file "${file}" of secret "${id}" ${isMissing ? "does not exist" : "cannot be read"}`;
    const hint = isMissing ? "create the file, or correct its path" : "make the file readable for this user";
    throw new ImageSpecError(code, message, { hint, cause, problems: [{ code, path, message, hint }] });
  }
}

function problem(path: string, message: string, hint: string): ImageSpecError {
  return new ImageSpecError("SPEC_VALUE", message, { hint, problems: [{ code: "SPEC_VALUE", path, message, hint }] });
}
