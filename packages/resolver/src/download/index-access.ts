import { readFile } from "node:fs/promises";
import type { ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, registerSecret } from "@imagespec/errors";
import type { UvSettings } from "../uv/detect.ts";
import { type Login, parseNetrc } from "./netrc.ts";

/** The package indexes of a spec, with the logins for them. */
export interface IndexAccess {
  /** Default index, with its login when there is one; `undefined`: uv's own. For the environment of a child process only. */
  readonly defaultIndex: string | undefined;
  readonly extraIndexes: readonly string[];
  /** Indexes that may have uv: that of the spec, then that of the machine. With their logins. */
  readonly toolIndexes: readonly string[];
  /** What the spec itself has logins for, as URLs with them: git repositories may be among it. */
  readonly loginUrls: readonly string[];
  /** The login for a URL, looked up by its origin, then by its host. */
  loginFor(url: URL): Login | undefined;
}

/** Whether the resolver can use a secret of the package step: only netrc files. Others are for pip running in a container. */
export function isNetrcTarget(target: string): boolean {
  return /(^|\/)[._]?netrc$/.test(target);
}

/**
 * Collects index URLs and logins: those of the spec, then its netrc secrets, then the environment, then the user's netrc.
 *
 * @throws CREDENTIALS when a secret that the spec names cannot be read
 */
export async function indexAccess(
  spec: Pick<ResolvedImageSpec, "pipIndex" | "pipExtraIndexUrl" | "indexCredentials" | "secrets">,
  settings: UvSettings,
  secret: (id: string) => Promise<string>,
): Promise<IndexAccess> {
  const byOrigin = new Map<string, Login>();
  for (const { origin, secret: id } of spec.indexCredentials) {
    const value = await secret(id);
    const colon = value.indexOf(":");
    // It stood in a URL, and is escaped as there.
    byOrigin.set(origin, {
      username: unescaped(colon < 0 ? value : value.slice(0, colon)),
      password: colon < 0 ? "" : unescaped(value.slice(colon + 1)),
    });
  }
  const byHost = new Map<string, Login>();
  const addNetrc = (text: string) => {
    for (const [host, login] of parseNetrc(text)) {
      registerSecret(login.password);
      if (!byHost.has(host)) byHost.set(host, login);
    }
  };
  for (const { id, steps, target } of spec.secrets) {
    if (steps.includes("packages") && isNetrcTarget(target)) addNetrc(await secret(id));
  }
  const fromEnvironment = spec.pipIndex === undefined ? settings.index : undefined;
  if (fromEnvironment !== undefined) keepUrlLogin(fromEnvironment, byOrigin);
  const netrc = await readIfThere(settings.netrc);
  if (netrc !== undefined) addNetrc(netrc);

  const loginFor = (url: URL): Login | undefined =>
    byOrigin.get(url.origin) ?? byHost.get(url.hostname.toLowerCase()) ?? byHost.get("default");
  const withLogin = (text: string): string => {
    const url = parseUrl(text);
    const login = url.username === "" ? loginFor(url) : undefined;
    if (login !== undefined) {
      url.username = encodeURIComponent(login.username);
      url.password = encodeURIComponent(login.password);
    }
    return url.href;
  };
  const defaultIndex = spec.pipIndex ?? fromEnvironment;
  const toolIndexes = new Set([spec.pipIndex, settings.index ?? "https://pypi.org/simple"]);
  return {
    defaultIndex: defaultIndex === undefined ? undefined : withLogin(defaultIndex),
    extraIndexes: spec.pipExtraIndexUrl.map(withLogin),
    loginUrls: spec.indexCredentials.map(({ origin }) => withLogin(origin)),
    toolIndexes: [...toolIndexes].filter((url) => url !== undefined).map(withLogin),
    loginFor,
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A percent sign that stands for itself.
    if (error instanceof URIError) return text;
    throw error;
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new ImageSpecError("CONFIG_INVALID", `the package index "${text}" is not a URL`, {
      hint: "write it like https://host/simple",
      cause,
    });
  }
}

function keepUrlLogin(text: string, logins: Map<string, Login>): void {
  const url = parseUrl(text);
  if (url.username === "") return;
  const login = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  registerSecret(login.password);
  logins.set(url.origin, login);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "EACCES" || error.code === "ENOTDIR")
    )
      return undefined;
    throw error;
  }
}
