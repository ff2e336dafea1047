import { ImageSpecError } from "@imagespec/errors";
import { canonicalRegistry } from "./canonical-registry.ts";
import type { Credentials } from "./credentials.ts";

/** The parts of a docker config or podman auth file that are about credentials. */
export interface DockerConfigFile {
  /** Canonical registry, or `registry/path` for podman's entries by repository → credentials. */
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Canonical registry → name of the helper. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** Helper for every other registry. */
  readonly credsStore: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads the text of a docker config or podman auth file. @throws CREDENTIALS */
export function parseDockerConfigFile(text: string, file: string): DockerConfigFile {
  const value = record(parseJson(text, file), "the file", file);
  const auths = new Map<string, Credentials>();
  for (const [key, entry] of entries(value["auths"], "auths", file)) {
    const credentials = parseEntry(record(entry, `auths["${key}"]`, file), key, file);
    // docker leaves an empty entry for each registry whose login is in a helper.
    if (credentials !== undefined) auths.set(canonicalKey(key), credentials);
  }
  const credHelpers = new Map<string, string>();
  for (const [key, helper] of entries(value["credHelpers"], "credHelpers", file)) {
    credHelpers.set(canonicalKey(key), helperName(helper, `credHelpers["${key}"]`, file));
  }
  const store = value["credsStore"];
  const credsStore = store === undefined || store === "" ? undefined : helperName(store, "credsStore", file);
  return { auths, credHelpers, credsStore };
}

/** The entry of a file for a repository: the longest key that leads to it, down to the registry's own. */
export function findAuth(
  config: DockerConfigFile,
  registry: string,
  repository: string | undefined,
): Credentials | undefined {
  return keysFor(registry, repository)
    .map((key) => config.auths.get(key))
    .find((found) => found !== undefined);
}

/** The helper that a file names for a repository. */
export function findHelper(config: DockerConfigFile, registry: string): string | undefined {
  return config.credHelpers.get(canonicalRegistry(registry)) ?? config.credsStore;
}

function keysFor(registry: string, repository: string | undefined): readonly string[] {
  const host = canonicalRegistry(registry);
  const parts = repository?.split("/") ?? [];
  return [...parts.map((_, i) => `${host}/${parts.slice(0, parts.length - i).join("/")}`), host];
}

/** docker's keys may have a scheme and an API version (`https://index.docker.io/v1/`), podman's a path; both become host and path. */
function canonicalKey(key: string): string {
  const hasScheme = /^https?:\/\//.test(key);
  const [host = "", ...path] = key.replace(/^https?:\/\//, "").split("/");
  const rest = path.filter((part) => part !== "");
  const isApi = hasScheme || (rest.length === 1 && /^v[0-9]+$/.test(rest[0] ?? ""));
  return [canonicalRegistry(host), ...(isApi ? [] : rest)].join("/");
}

function parseEntry(entry: Json, key: string, file: string): Credentials | undefined {
  const text = (name: string): string => {
    const value = entry[name];
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    throw invalid(`auths["${key}"].${name} is not a text`, file);
  };
  if (text("registrytoken") !== "") return { kind: "bearer", token: text("registrytoken") };
  if (text("identitytoken") !== "") return { kind: "identity-token", token: text("identitytoken") };
  const auth = text("auth");
  if (auth === "") {
    const [username, password] = [text("username"), text("password")];
    return username === "" ? undefined : { kind: "basic", username, password };
  }
  // docker pads old entries with zero bytes.
  const decoded = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon < 1) throw invalid(`auths["${key}"].auth is not the base64 form of "user:password"`, file);
  return credentialsFrom(decoded.slice(0, colon), decoded.slice(colon + 1));
}

/** User name and secret as docker stores them: `<token>` as the name marks an identity token. */
export function credentialsFrom(username: string, secret: string): Credentials {
  return username === "<token>"
    ? { kind: "identity-token", token: secret }
    : { kind: "basic", username, password: secret };
}

/** A name becomes part of a program's name, so that nothing in it may lead to another folder. */
function helperName(value: unknown, where: string, file: string): string {
  if (typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) return value;
  throw invalid(`${where} is not the name of a credential helper`, file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the text, which holds secrets.
    throw invalid("it is not JSON", file);
  }
}

function entries(value: unknown, where: string, file: string): readonly [string, unknown][] {
  return value === undefined || value === null ? [] : Object.entries(record(value, where, file));
}

function record(value: unknown, where: string, file: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${where} is not an object`, file);
  // Any object has string keys; values stay unknown.
  return value as Json;
}

function invalid(problem: string, file: string): ImageSpecError {
  return new ImageSpecError("CREDENTIALS", `the credential file "${file}" cannot be used: ${problem}`, {
    hint: "correct the file, or log in again with docker login",
    details: { file },
  });
}
