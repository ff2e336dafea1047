import type { DiscoveredPlugin, PluginProblem } from "@imagespec/core";
import type { RegistryClient } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { type BuildSession, openBuildSession } from "./open-build-session.ts";

/** Everything that a command works with: configuration, plugins, registries, engine. */
export interface Session extends Omit<BuildSession, "registryClient" | "loadPlugins"> {
  readonly plugins: readonly DiscoveredPlugin[];
  readonly problems: readonly PluginProblem[];
  readonly registryClient: RegistryClient;
}

/**
 * Reads the configuration, registers the builders of the project's plugins and those that come with this package, and makes an
 * engine.
 *
 * @throws CONFIG_INVALID, CLI_USAGE
 */
export async function openSession(args: ParsedArguments, context: CommandContext): Promise<Session> {
  const session = await openBuildSession(args, context);
  const { plugins, problems } = await session.loadPlugins();
  return { ...session, plugins, problems, registryClient: await session.registryClient() };
}
