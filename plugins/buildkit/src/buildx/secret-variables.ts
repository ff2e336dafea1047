import { writeFile } from "node:fs/promises";
import path from "node:path";

/** Secrets as buildx is told where they are. */
export interface SecretSources {
  /** For `--secret`. */
  readonly flags: readonly string[];
  /** For the environment of the child. */
  readonly env: Readonly<Record<string, string>>;
}

/** Linux gives one variable 128 KiB. */
const longestVariable = 100_000;

/** Ids of the secrets that a Dockerfile mounts. */
export function mountedSecrets(text: string): readonly string[] {
  const mounts = text.matchAll(/--mount=type=secret,(\S+)/g);
  const ids = [...mounts].flatMap(([, options = ""]) => /(?:^|,)id=([^,]+)/.exec(options)?.[1] ?? []);
  return [...new Set(ids)].sort();
}

/**
 * Reads the secrets that a Dockerfile mounts, and gives them to buildx by environment variables of its process: they stand in no
 * argument and on no disk, and only this user may read them. What no variable can hold (certificate bundles, most of all) goes by a
 * file of mode 0600 in `folder`, which must be the user's own and be removed with the build.
 */
export async function secretSources(
  text: string,
  read: (id: string) => Promise<Uint8Array | undefined>,
  folder: string,
): Promise<SecretSources> {
  const flags: string[] = [];
  const env: Record<string, string> = {};
  for (const [index, id] of mountedSecrets(text).entries()) {
    const value = await read(id);
    // BuildKit says which one is missing, where it is required.
    if (value === undefined) continue;
    const variable = asVariable(value);
    if (variable === undefined) {
      const file = path.join(folder, `secret-${index}`);
      await writeFile(file, value, { mode: 0o600, flag: "wx" });
      flags.push(`id=${id},src=${file}`);
    } else {
      const name = `IMAGESPEC_SECRET_${index}`;
      env[name] = variable;
      flags.push(`id=${id},env=${name}`);
    }
  }
  return { flags, env };
}

function asVariable(value: Uint8Array): string | undefined {
  if (value.length > longestVariable || value.includes(0)) return undefined;
  const text = Buffer.from(value).toString("utf8");
  return Buffer.from(text, "utf8").equals(value) ? text : undefined;
}
