import type { BuildkitDaemon } from "../daemon/daemon.ts";

/**
 * Whether a daemon probably shares this machine's loopback, so that it can speak to a server of this process. A socket may also lead
 * into a virtual machine: who relies on it must be ready for a daemon that cannot.
 */
export function sharesLoopback(
  { kind, address }: Pick<BuildkitDaemon, "kind" | "address">,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (kind === "buildx" || platform !== "linux") return false;
  if (/^unix:\/\//.test(address)) return !address.includes("/.docker/desktop/");
  return /^(?:tcp|https?):\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::|\/|$)/.test(address);
}
