import type { NixBuilderOptions } from "../options/nix-builder-options.ts";
import type { NixMachine } from "./detect.ts";

const hour = 3600;

/** Text for `NIX_CONFIG`: what the builder relies on, over what the machine's administrator has configured. */
export function nixConfig(options: NixBuilderOptions, machine: NixMachine): string {
  const { substituters, trustedPublicKeys, builders, maxJobs, store } = options;
  const lines: (readonly [string, string])[] = [
    ["sandbox", options.allowUnsandboxed === true ? "false" : "true"],
    // The default is to build without it where it cannot be had.
    ["sandbox-fallback", "false"],
    ["require-sigs", "true"],
    // Evaluating looks things up, and builds nothing.
    ["allow-import-from-derivation", "false"],
    ["connect-timeout", "5"],
    ["download-attempts", "2"],
    ["stalled-download-timeout", "60"],
    ["builders-use-substitutes", "true"],
    ["timeout", String(options.timeoutSeconds ?? hour)],
    ["max-silent-time", String(options.silenceSeconds ?? hour / 4)],
    ["show-trace", "false"],
  ];
  if (machine.isRootWithoutBuildUsers) lines.push(["build-users-group", ""]);
  if (store !== undefined) lines.push(["store", store]);
  if (substituters !== undefined) lines.push(["substituters", substituters.join(" ")]);
  if (trustedPublicKeys !== undefined) lines.push(["trusted-public-keys", trustedPublicKeys.join(" ")]);
  if (builders !== undefined) lines.push(["builders", builders]);
  if (maxJobs !== undefined) lines.push(["max-jobs", String(maxJobs)]);
  return lines.map(([name, value]) => `${name} = ${value}`).join("\n");
}

/** What stands before `/nix/store` on this disk: a store may have a root of its own. */
export function storeRoot(store: string | undefined): string {
  if (store === undefined) return "";
  const root = store.startsWith("/") ? store : new URLSearchParams(store.split("?")[1] ?? "").get("root");
  return (root ?? "").replace(/\/+$/, "");
}
