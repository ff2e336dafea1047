import { resolve } from "node:path";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { RegistryProvider } from "@imagespec/registry-client";
import { assertBuilder } from "../builder/assert-builder.ts";
import type { CliPlugin, PluginManifest } from "../builder/plugin.ts";
import type { BuilderRegistry } from "../builder-registry/builder-registry.ts";
import { defaultBuilderRegistry } from "../builder-registry/default-builder-registry.ts";
import { type FoundPackage, findPackage, findProject } from "./find-package.ts";
import { importExport } from "./import-export.ts";
import { parsePluginManifest } from "./plugin-manifest.ts";

/** The `builders` of a configuration file: builder name → how it is set up. */
export type BuildersConfig = Readonly<
  Record<string, { readonly priority?: number | undefined; readonly options?: unknown }>
>;

export interface DiscoverOptions {
  /** The project: the nearest package.json at or above is read. */
  readonly folder: string;
  readonly config?: BuildersConfig | undefined;
  /** Further packages whose direct dependencies count: the command's own. The project's win. */
  readonly extraFolders?: readonly string[] | undefined;
  /** Where builders are registered. @default the registry of the process, which is the only one that `./register` modules know */
  readonly registry?: BuilderRegistry | undefined;
  /** Without, plugins are found and nothing of them is run: for what needs no builder. @default true */
  readonly registersBuilders?: boolean | undefined;
}

/** A plugin that is installed and of this contract. */
export interface DiscoveredPlugin {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly manifest: PluginManifest;
  /** Loads its `./cli`; nothing when it has none. */
  readonly cli: () => Promise<CliPlugin | undefined>;
  /** Loads its `./registries`, and has it make what it knows of registries; nothing when it has none. */
  readonly registries: () => Promise<readonly RegistryProvider[]>;
}

/** A plugin that cannot be used; the others can. */
export interface PluginProblem {
  /** Package, or builder for one that is configured and not installed. */
  readonly name: string;
  readonly error: ImageSpecError;
}

/**
 * Finds the plugins among the direct dependencies of a project and registers their builders; nothing transitive runs.
 *
 * A builder with an entry in the configuration is made by its factory with the options there; other plugins register
 * themselves. The result does not depend on the order of installation.
 */
export async function discoverPlugins(
  options: DiscoverOptions,
): Promise<{ readonly plugins: readonly DiscoveredPlugin[]; readonly problems: readonly PluginProblem[] }> {
  const { config = {}, registry = defaultBuilderRegistry(), registersBuilders = true } = options;
  const plugins: DiscoveredPlugin[] = [];
  const problems: PluginProblem[] = [];
  const seen = new Set<string>();
  for (const folder of [options.folder, ...(options.extraFolders ?? [])]) {
    for (const name of await dependenciesOf(resolve(folder))) {
      if (seen.has(name.dependency)) continue;
      try {
        const plugin = await loadPlugin(name.dependency, name.project, config);
        if (plugin === undefined) continue;
        seen.add(name.dependency);
        plugins.push(plugin);
        if (registersBuilders) await registerPlugin(plugin, config, registry);
      } catch (error) {
        seen.add(name.dependency);
        problems.push({ name: name.dependency, error: problemOf(name.dependency, error) });
      }
    }
  }
  const offered = plugins.flatMap(({ manifest }) => Object.keys(manifest.builders));
  for (const builder of registersBuilders ? Object.keys(config).sort() : []) {
    if (offered.includes(builder) || registry.get(builder) !== undefined) continue;
    problems.push({ name: builder, error: notInstalled(builder, offered) });
  }
  return { plugins, problems };
}

async function dependenciesOf(
  folder: string,
): Promise<readonly { readonly dependency: string; readonly project: FoundPackage }[]> {
  const project = await findProject(folder);
  if (project === undefined) return [];
  const names = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) => {
    const list = fieldOf(project.packageJson, field);
    return typeof list === "object" && list !== null ? Object.keys(list) : [];
  });
  return [...new Set(names)].sort().map((dependency) => ({ dependency, project }));
}

async function loadPlugin(
  name: string,
  project: FoundPackage,
  config: BuildersConfig,
): Promise<DiscoveredPlugin | undefined> {
  const found = await findPackage(name, project.folder);
  const manifest = found && parsePluginManifest(name, found.packageJson);
  if (found === undefined || manifest === undefined) return undefined;
  const { folder, packageJson } = found;
  const version = fieldOf(packageJson, "version");
  const { cli, registries } = manifest;
  const configured = Object.keys(manifest.builders).find((builder) => Object.hasOwn(config, builder));
  const configuredOptions = configured === undefined ? undefined : config[configured]?.options;
  return {
    name,
    version: typeof version === "string" ? version : "",
    folder,
    manifest,
    cli: async () => (cli === undefined ? undefined : cliOf(name, await importExport(name, folder, packageJson, cli))),
    registries: async () =>
      registries === undefined
        ? []
        : providersOf(name, await importExport(name, folder, packageJson, registries), configuredOptions),
  };
}

async function registerPlugin(
  plugin: DiscoveredPlugin,
  config: BuildersConfig,
  registry: BuilderRegistry,
): Promise<void> {
  const { name, version, folder, manifest } = plugin;
  const origin = `${name}@${version}`;
  const packageJson = (await findProject(folder))?.packageJson;
  const builders = Object.entries(manifest.builders);
  const configured = builders.filter(([builder]) => Object.hasOwn(config, builder));
  const isOwnRegistry = registry !== defaultBuilderRegistry();
  const { register } = manifest;
  const isSelfRegistering = register !== undefined && !isOwnRegistry && configured.length === 0;
  if (isSelfRegistering) {
    await importExport(name, folder, packageJson, register);
    return;
  }
  const exports = await importExport(name, folder, packageJson, ".");
  for (const [builder, factoryName] of builders) {
    const factory = exports[factoryName];
    if (typeof factory !== "function") {
      throw new ImageSpecError(
        "BUILDER_CONTRACT",
        `the plugin "${name}" has no export "${factoryName}" for builder "${builder}"`,
        {
          hint: `update "${name}", or report this to its authors`,
          details: { package: name },
        },
      );
    }
    const { options, priority } = config[builder] ?? {};
    const made: unknown = factory(options);
    assertBuilder(made, origin);
    registry.register(made, { origin, priority });
  }
}

function cliOf(name: string, module: Readonly<Record<string, unknown>>): CliPlugin {
  const { cli } = module;
  const has = (field: string): boolean => Array.isArray(fieldOf(cli, field));
  // Both lists are there; what is in them is the plugin's promise, as with any import.
  if (has("commands") && has("doctor")) return cli as CliPlugin;
  throw new ImageSpecError(
    "BUILDER_CONTRACT",
    `the "./cli" of plugin "${name}" exports no "cli" with commands and doctor`,
    {
      hint: `update "${name}", or report this to its authors`,
      details: { package: name },
    },
  );
}

function providersOf(
  name: string,
  module: Readonly<Record<string, unknown>>,
  options: unknown,
): readonly RegistryProvider[] {
  const { registries } = module;
  const made: unknown = typeof registries === "function" ? registries(options) : undefined;
  // As the plugin promises, with `name` and `matches` looked at.
  if (Array.isArray(made) && made.every(isProvider)) return made as readonly RegistryProvider[];
  throw new ImageSpecError(
    "BUILDER_CONTRACT",
    `the plugin "${name}" exports no function "registries" that returns registry providers`,
    { hint: `update "${name}", or report this to its authors`, details: { package: name } },
  );
}

function isProvider(value: unknown): boolean {
  return typeof fieldOf(value, "name") === "string" && typeof fieldOf(value, "matches") === "function";
}

function problemOf(name: string, error: unknown): ImageSpecError {
  if (isImageSpecError(error)) return error;
  return new ImageSpecError("BUILDER_CONTRACT", `the plugin "${name}" cannot be loaded: ${messageOf(error)}`, {
    hint: `reinstall "${name}", or remove it from the dependencies`,
    cause: error,
    details: { package: name },
  });
}

function notInstalled(builder: string, offered: readonly string[]): ImageSpecError {
  return new ImageSpecError("PLUGIN_NOT_FOUND", `builder "${builder}" is configured, and no installed plugin has it`, {
    hint: `install its package: npm install --save-dev @imagespec/builder-${builder}`,
    details: { builder, installed: [...offered].sort() },
  });
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field];
}
