import { ImageSpecError } from "@imagespec/errors";
import type { NixProcess } from "./nix-process.ts";

/** Version of the Nix that is installed: `2.8.0`. @throws NIX_UNAVAILABLE */
export async function nixVersion(nix: NixProcess, signal?: AbortSignal): Promise<string> {
  const { stdout, code } = await nix.run("nix-instantiate", ["--version"], signal === undefined ? {} : { signal });
  const version = /\b(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (code === 0 && version !== undefined) return version;
  throw new ImageSpecError("NIX_UNAVAILABLE", `"nix-instantiate --version" says "${stdout.trim()}"`, {
    hint: "install Nix: https://nixos.org/download",
    details: { provider: "nix" },
  });
}

/** Whether a version is at least another. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split(".").map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
