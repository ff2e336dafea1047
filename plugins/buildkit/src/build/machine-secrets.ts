import { readFile } from "node:fs/promises";
import type { ResolvedImageSpec } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import { caText, indexAccess, type UvSettings } from "@imagespec/resolver";

/** What build steps need of this machine's network, as texts; nothing of it stays in the image. */
export interface MachineSecrets {
  /** A `uv.toml` with the package indexes, and where Pythons come from. */
  readonly uvConfig: string | undefined;
  readonly netrc: string | undefined;
  /** PEM. */
  readonly ca: string | undefined;
}

/** Collects them for a spec. @throws CREDENTIALS, CONFIG_INVALID, and what `secret` throws */
export async function machineSecrets(
  spec: Pick<ResolvedImageSpec, "pipIndex" | "pipExtraIndexUrl" | "indexCredentials" | "secrets">,
  settings: UvSettings,
  secret: (id: string) => Promise<string>,
): Promise<MachineSecrets> {
  const { defaultIndex, extraIndexes, loginFor } = await indexAccess(spec, settings, secret);
  const extra =
    extraIndexes.length > 0 || spec.pipIndex !== undefined ? extraIndexes : environmentIndexes(settings.env);
  const urls = [...(defaultIndex === undefined ? [] : [defaultIndex]), ...extra];
  const logins = new Map<string, string>();
  for (const text of urls) {
    const url = new URL(text);
    const login = url.username === "" ? loginFor(url) : { username: url.username, password: url.password };
    if (login === undefined || logins.has(url.hostname)) continue;
    const [username, password] = [decodeURIComponent(login.username), decodeURIComponent(login.password)];
    // A netrc file has no way of writing a space; the URL has the login too.
    if (/\s/.test(username + password)) continue;
    logins.set(url.hostname, `machine ${url.hostname} login ${username} password ${password}\n`);
  }
  const netrc = [...logins.values()].join("") + ((await textOf(settings.netrc)) ?? "");
  return {
    uvConfig: uvConfig(settings.env, defaultIndex, extra),
    netrc: netrc === "" ? undefined : netrc,
    ca: await caText(settings.caFile),
  };
}

const pythonSources = {
  "python-install-mirror": "UV_PYTHON_INSTALL_MIRROR",
  "python-downloads-json-url": "UV_PYTHON_DOWNLOADS_JSON_URL",
} as const;

function uvConfig(
  env: UvSettings["env"],
  defaultIndex: string | undefined,
  extra: readonly string[],
): string | undefined {
  // The string forms of TOML and JSON agree where a URL is concerned. Keys of the whole file come before its tables.
  const sources = Object.entries(pythonSources).flatMap(([key, name]) =>
    env[name] === undefined ? [] : [`${key} = ${JSON.stringify(env[name])}\n`],
  );
  const first = extra.map((url) => `[[index]]\nurl = ${JSON.stringify(url)}\n`);
  const last = defaultIndex === undefined ? [] : [`[[index]]\nurl = ${JSON.stringify(defaultIndex)}\ndefault = true\n`];
  const parts = [sources.join(""), ...first, ...last].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("\n");
}

function environmentIndexes(env: UvSettings["env"]): readonly string[] {
  const text = env["UV_EXTRA_INDEX_URL"] ?? env["PIP_EXTRA_INDEX_URL"] ?? "";
  return text.split(/\s+/).filter((url) => URL.canParse(url));
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== "ENOENT" && code !== "EACCES" && code !== "ENOTDIR" && code !== "EISDIR") throw error;
    return undefined;
  }
}
