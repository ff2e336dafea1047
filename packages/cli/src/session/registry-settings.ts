import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import type { RegistryClientOptions } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";

/** How registries are reached: flags beside what the configuration says. @throws CLI_USAGE, CONFIG_INVALID */
export async function registrySettings(
  args: ParsedArguments,
  { config, folder }: LoadedConfig,
  cwd: string,
): Promise<RegistryClientOptions> {
  const files = [
    ...[config.ca ?? []].flat().map((file) => resolve(folder, file)),
    ...args.list("ca").map((file) => resolve(cwd, file)),
  ];
  return {
    mirrors: mergeMirrors(config.mirrors ?? {}, args.list("mirror")),
    insecure: [...(config.insecure ?? []), ...args.list("insecure")],
    ...(files.length === 0 ? {} : { ca: await Promise.all(files.map(readCertificates)) }),
  };
}

function mergeMirrors(
  configured: Readonly<Record<string, string | readonly string[]>>,
  given: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const mirrors = new Map(Object.entries(configured).map(([registry, hosts]) => [registry, [hosts].flat()]));
  for (const text of given.toReversed()) {
    const split = text.indexOf("=");
    const registry = text.slice(0, split);
    const host = text.slice(split + 1);
    if (split < 1 || host === "")
      throw usageError(`"${text}" is no mirror`, 'write "--mirror docker.io=mirror.acme.dev"');
    mirrors.set(registry, [host, ...(mirrors.get(registry) ?? [])]);
  }
  return Object.fromEntries(mirrors);
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ImageSpecError("CONFIG_INVALID", `the certificates "${file}" cannot be read: ${messageOf(error)}`, {
      hint: "name a PEM file",
      cause: error,
    });
  }
}
