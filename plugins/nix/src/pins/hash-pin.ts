import { ImageSpecError } from "@imagespec/errors";
import { evaluationError } from "../errors/explain-failure.ts";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";

/** What a package set can be named by: a tarball, or a folder of this machine. */
export type PinSource = { readonly url: string } | { readonly path: string };

/** The NAR hash of a package set: `sha256-…=`. A tarball is downloaded into the store. @throws NIX_EVAL_FAILED, NIX_UNAVAILABLE */
export async function hashPin(nix: NixProcess, source: PinSource, signal: AbortSignal): Promise<string> {
  const folder = "path" in source ? source.path : nix.onDisk(await prefetch(nix, source.url, signal));
  const { stdout, code, lines } = await nix.run("nix-hash", ["--type", "sha256", folder], { signal });
  const hex = stdout.trim();
  if (code === 0 && /^[0-9a-f]{64}$/.test(hex)) return `sha256-${Buffer.from(hex, "hex").toString("base64")}`;
  throw evaluationError({ code, messages: lines.map(plainText), output: [] }, folder);
}

async function prefetch(nix: NixProcess, url: string, signal: AbortSignal): Promise<string> {
  const args = ["--unpack", "--print-path", "--type", "sha256", "--name", "source", url];
  const { stdout, code, lines } = await nix.run("nix-prefetch-url", args, { signal });
  const storePath = stdout.trim().split("\n").at(-1) ?? "";
  if (code === 0 && storePath.startsWith("/")) return storePath;
  const messages = lines.map(plainText);
  throw new ImageSpecError(
    "NIX_EVAL_FAILED",
    `"${url}" cannot be fetched: ${(messages.at(-1) ?? "").replace(/^error: /, "")}`,
    {
      hint: "check the address and the network",
      details: { provider: "nix", exitCode: code ?? null },
      logTail: messages.slice(-10),
    },
  );
}
