import { existsSync, readFileSync } from "node:fs";
import os from "node:os";

/** What the processes of Nix get of this machine. */
export interface NixMachine {
  /** Environment of the processes, without what would configure Nix behind our back. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether this is root without build users: Nix then has to build as root itself. */
  readonly isRootWithoutBuildUsers: boolean;
  /** `x86_64-linux` */
  readonly system: string;
}

/** Variables that processes of Nix may see: where to find things, proxies, certificates, logins of ssh. */
const passed =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_ALL|XDG_CACHE_HOME|SSH_AUTH_SOCK|NIX_SSHOPTS|(?:NIX_)?SSL_CERT_FILE|CURL_CA_BUNDLE|AWS_\w+|(?:https?|no|all|ftp)_proxy)$/i;

/** Reads the machine. */
export function detectNixMachine(env: Readonly<Record<string, string | undefined>> = process.env): NixMachine {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && passed.test(name) ? [[name, value] as const] : [],
  );
  const groups = existsSync("/etc/group") ? readFileSync("/etc/group", "utf8") : "";
  return {
    env: Object.fromEntries(kept),
    isRootWithoutBuildUsers: process.getuid?.() === 0 && !/^nixbld:/m.test(groups),
    system: `${process.arch === "arm64" ? "aarch64" : "x86_64"}-${os.platform() === "darwin" ? "darwin" : "linux"}`,
  };
}
