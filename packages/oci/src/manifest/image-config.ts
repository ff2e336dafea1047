import type { Digest } from "../digest/digest.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { normalizePlatform, type Platform } from "../platform/platform.ts";
import { parseDigestField } from "./descriptor.ts";
import { invalidField, JsonObjectReader } from "./json-object-reader.ts";
import { parseJson } from "./parse-json.ts";

/** How a container of the image is run. Fields that are not listed here are kept by parsing and encoding. */
export interface ContainerConfig {
  readonly User?: string;
  /** Keys such as `8080/tcp`; the values are empty objects. */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** Keys are paths; the values are empty objects. */
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
  /** Docker's, as it was found. */
  readonly Healthcheck?: unknown;
}

/** How a layer came to be. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** Whether no layer belongs to this entry. */
  readonly empty_layer?: boolean;
}

/**
 * The configuration of an image of one platform.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  /** RFC 3339. */
  readonly created?: string;
  readonly author?: string;
  readonly config?: ContainerConfig;
  /** The digests of the uncompressed layers, the lowest first. */
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

const dateTime =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;

/**
 * Reads an image's configuration.
 *
 * @throws `MANIFEST_INVALID` naming the path of the field, its value and what to fix
 */
export function parseImageConfig(bytes: Uint8Array | string): ImageConfig {
  const fields = new JsonObjectReader(parseJson(bytes, "config"), "config");
  const hint = "check that this is a container image: the configs of artifacts, such as Helm charts, lack it";
  const config = fields.get("config");
  return omitUndefined({
    architecture: fields.string("architecture", { expected: "an architecture", hint }),
    os: fields.string("os", { expected: "an operating system", hint }),
    variant: fields.optionalString("variant"),
    "os.version": fields.optionalString("os.version"),
    "os.features": fields.optionalStrings("os.features"),
    created: readTime(fields, "created"),
    author: fields.optionalString("author"),
    config: config === undefined ? undefined : readContainerConfig(config, fields.at("config")),
    rootfs: readRootfs(fields.get("rootfs"), fields.at("rootfs")),
    history: fields.optionalList("history", readHistoryEntry),
  });
}

function readTime(fields: JsonObjectReader, key: string): string | undefined {
  const time = fields.optionalString(key);
  if (time !== undefined && !dateTime.test(time))
    throw fields.invalid(key, {
      expected: "a time",
      hint: 'write the time by RFC 3339, like "1970-01-01T00:00:00Z"',
    });
  return time;
}

function readRootfs(value: unknown, path: string): ImageConfig["rootfs"] {
  const rootfs = new JsonObjectReader(value, path);
  if (rootfs.get("type") !== "layers") throw rootfs.invalid("type", { expected: '"layers"' });
  // Docker omits the list of an image without layers.
  return { type: "layers", diff_ids: rootfs.optionalList("diff_ids", parseDigestField) ?? [] };
}

function readHistoryEntry(value: unknown, path: string): HistoryEntry {
  const entry = new JsonObjectReader(value, path);
  return omitUndefined({
    created: readTime(entry, "created"),
    created_by: entry.optionalString("created_by"),
    author: entry.optionalString("author"),
    comment: entry.optionalString("comment"),
    empty_layer: entry.optionalBoolean("empty_layer"),
  });
}

function readContainerConfig(value: unknown, path: string): ContainerConfig {
  const fields = new JsonObjectReader(value, path);
  const known = {
    User: fields.optionalString("User"),
    ExposedPorts: readSet(fields, "ExposedPorts"),
    Env: fields.optionalStrings("Env"),
    Entrypoint: fields.optionalStrings("Entrypoint"),
    Cmd: fields.optionalStrings("Cmd"),
    Volumes: readSet(fields, "Volumes"),
    WorkingDir: fields.optionalString("WorkingDir"),
    Labels: fields.optionalStringMap("Labels"),
    StopSignal: fields.optionalString("StopSignal"),
    ArgsEscaped: fields.optionalBoolean("ArgsEscaped"),
    OnBuild: fields.optionalStrings("OnBuild"),
    Shell: fields.optionalStrings("Shell"),
    Healthcheck: fields.get("Healthcheck"),
  };
  const others = fields.keys().filter((key) => !Object.hasOwn(known, key));
  return omitUndefined({ ...Object.fromEntries(others.map((key) => [key, fields.raw(key)])), ...known });
}

/** A set that Go wrote as a map of its members to empty objects. */
function readSet(fields: JsonObjectReader, key: string): Readonly<Record<string, object>> | undefined {
  return fields.optionalMap(key, (value, path) => {
    if (value === null) return {};
    if (typeof value !== "object") throw invalidField(path, value, { expected: "an empty object" });
    return value;
  });
}

/** The canonical platform that a configuration states. */
export function platformOfConfig(config: ImageConfig): Platform {
  const { os, architecture, variant } = config;
  return normalizePlatform(
    omitUndefined({
      os,
      architecture,
      variant,
      "os.version": config["os.version"],
      "os.features": config["os.features"],
    }),
  );
}
