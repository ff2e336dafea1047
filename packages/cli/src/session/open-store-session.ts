import { type LocalImageStore, openLocalImageStore } from "@imagespec/image-store";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { loadConfig } from "../config/load-config.ts";
import { chooseCacheFolder, isStore } from "./cache-folder.ts";

/** What commands work with that stay on this machine. */
export interface StoreSession {
  readonly cacheFolder: string;
  /** The local image store, if there is one: looking at what is not there must not create it. */
  readonly existingStore: () => Promise<LocalImageStore | undefined>;
}

/** @throws CONFIG_INVALID */
export async function openStoreSession(args: ParsedArguments, { cwd, env }: CommandContext): Promise<StoreSession> {
  const cacheFolder = chooseCacheFolder(args.text("cache-dir"), await loadConfig(cwd), { cwd, env });
  return {
    cacheFolder,
    existingStore: async () => (isStore(cacheFolder) ? openLocalImageStore(cacheFolder) : undefined),
  };
}
