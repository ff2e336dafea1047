import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { createDownloader } from "@imagespec/resolver";
import type { PinSource } from "./hash-pin.ts";

const archive = (revision: string): string => `https://github.com/NixOS/nixpkgs/archive/${revision}.tar.gz`;
const isBranch = /^(?:nixos|nixpkgs|release)-[\w.-]+$/;

/** What a word of the command line means: a URL, a revision, a branch as it is now, or a folder. @throws CONFIG_INVALID, INDEX_DOWN */
export async function pinSource(word: string, cwd: string, signal: AbortSignal): Promise<PinSource> {
  if (/^(https?|file):\/\//.test(word)) return { url: word };
  if (/^[0-9a-f]{40}$/.test(word)) return { url: archive(word) };
  if (!isBranch.test(word)) return { path: path.resolve(cwd, word) };
  const downloader = createDownloader({ attempts: 3, timeoutMs: 20_000 });
  try {
    // Channels lag behind their branches until everything in them was built: only then caches have it.
    const { text } = await downloader.text(`https://channels.nixos.org/${word}/git-revision`, { signal });
    const revision = text.trim();
    if (/^[0-9a-f]{40}$/.test(revision)) return { url: archive(revision) };
    throw new ImageSpecError("CONFIG_INVALID", `there is no channel "${word}"`, {
      hint: "name one such as nixos-25.11",
    });
  } finally {
    await downloader.close();
  }
}
