import { availableParallelism, homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import type { Json } from "@imagespec/core";
import { redact } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { chooseCacheFolder } from "../session/cache-folder.ts";
import { registrySettings } from "../session/registry-settings.ts";

/** Where a setting comes from. */
export type SettingSource = "flag" | "config" | "environment" | "default";

/** One setting as it is in force. */
export interface Setting {
  readonly name: string;
  /** Nothing: not set, which means what `note` says. */
  readonly value: Json | undefined;
  readonly source: SettingSource;
  /** `--registry`, the configuration file, or the variable; several for lists that add up. */
  readonly from: readonly string[];
  /** What the absence of a value means. */
  readonly note?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The settings that commands run with. A field of a spec stands between flags and the configuration, and is not in it.
 *
 * @throws CLI_USAGE, CONFIG_INVALID
 */
export async function effectiveSettings(
  args: ParsedArguments,
  loaded: LoadedConfig,
  { cwd, env }: Pick<CommandContext, "cwd" | "env">,
): Promise<readonly Setting[]> {
  const { config } = loaded;
  const file = loaded.file === undefined ? [] : [relative(cwd, loaded.file) || loaded.file];
  const pick = (
    name: string,
    flag: Json | undefined,
    configured: Json | undefined,
    otherwise: Partial<Setting>,
    option = name,
  ) => {
    if (flag !== undefined) return { name, value: flag, source: "flag", from: [`--${option}`] } as const;
    if (configured !== undefined) return { name, value: configured, source: "config", from: file } as const;
    return { name, value: undefined, source: "default", from: [], ...otherwise } as const;
  };
  const addUp = (name: string, option: string, value: Json, isEmpty: boolean, configured: unknown): Setting => {
    const from = [...(args.list(option).length > 0 ? [`--${option}`] : []), ...(configured === undefined ? [] : file)];
    const source = from.length === 0 ? "default" : args.list(option).length > 0 ? "flag" : "config";
    return { name, value: isEmpty ? undefined : value, source, from, note: "none" };
  };
  const { mirrors = {}, insecure = [] } = await registrySettings(args, loaded, cwd);
  const authorities = [
    ...[config.ca ?? []].flat().map((path) => resolve(loaded.folder, path)),
    ...args.list("ca").map((path) => resolve(cwd, path)),
  ];
  const platform = args.list("platform").flatMap((list) => list.split(","));
  return [
    pick("registry", args.text("registry"), config.registry, { note: "images go to the local store" }),
    pick("builder", args.text("builder"), config.builder, { note: "the best one that can" }),
    pick("systemBuilder", args.text("system-builder"), config.systemBuilder, { note: "no split" }, "system-builder"),
    pick("builders", undefined, toJson(config.builders), { note: "as they are" }),
    pick("platform", platform.length === 0 ? undefined : platform, toJson(config.platform), { value: "linux/amd64" }),
    pick("existence", args.text("existence"), config.existence, { value: "fail" }),
    pick("concurrency", args.integer("concurrency", 1), config.concurrency, {
      value: Math.min(4, availableParallelism()),
    }),
    addUp("mirrors", "mirror", toJson(mirrors) ?? {}, Object.keys(mirrors).length === 0, config.mirrors),
    addUp("insecure", "insecure", [...insecure], insecure.length === 0, config.insecure),
    addUp("ca", "ca", authorities, authorities.length === 0, config.ca),
    cacheFolder(args, loaded, { cwd, env }, file),
    ...environmentSettings(env),
  ];
}

function cacheFolder(
  args: ParsedArguments,
  loaded: LoadedConfig,
  context: Pick<CommandContext, "cwd" | "env">,
  file: readonly string[],
): Setting {
  const flag = args.text("cache-dir");
  const setting = { name: "cacheFolder", value: chooseCacheFolder(flag, loaded, context) };
  if (flag !== undefined) return { ...setting, source: "flag", from: ["--cache-dir"] };
  if (loaded.config.cacheFolder !== undefined) return { ...setting, source: "config", from: file };
  const variable = ["IMAGESPEC_CACHE_DIR", "XDG_CACHE_HOME"].find((name) => (context.env[name] ?? "") !== "");
  return variable === undefined
    ? { ...setting, source: "default", from: [] }
    : { ...setting, source: "environment", from: [variable] };
}

/** What only the environment says: the first of the variables that is set counts. */
const variables: readonly { readonly name: string; readonly of: readonly string[]; readonly note: string }[] = [
  { name: "engine", of: ["DOCKER_HOST"], note: "the first socket that is there" },
  { name: "credentials", of: ["DOCKER_CONFIG"], note: join("~", ".docker") },
  { name: "packageIndex", of: ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"], note: "pypi.org" },
  { name: "uv", of: ["IMAGESPEC_UV"], note: "the one on PATH, else one that is downloaded" },
  { name: "httpsProxy", of: ["https_proxy", "HTTPS_PROXY"], note: "none" },
  { name: "httpProxy", of: ["http_proxy", "HTTP_PROXY"], note: "none" },
  { name: "noProxy", of: ["no_proxy", "NO_PROXY"], note: "none" },
  { name: "extraCertificates", of: ["NODE_EXTRA_CA_CERTS"], note: "none" },
];

function environmentSettings(env: Env): readonly Setting[] {
  return variables.map(({ name, of, note }) => {
    const variable = of.find((candidate) => (env[candidate] ?? "") !== "");
    if (variable === undefined) {
      const place = name === "credentials" ? { value: join(env["HOME"] || homedir(), ".docker") } : {};
      return { name, value: undefined, source: "default", from: [], note, ...place };
    }
    // Proxies and indexes may carry a password.
    return { name, value: redact(env[variable] ?? ""), source: "environment", from: [variable] };
  });
}

/** A value of the configuration as JSON, passwords in URLs masked; options of builders may hold anything. */
function toJson(value: unknown): Json | undefined {
  const text = JSON.stringify(value);
  // Made from JSON just now.
  return text === undefined ? undefined : (JSON.parse(redact(text)) as Json);
}
