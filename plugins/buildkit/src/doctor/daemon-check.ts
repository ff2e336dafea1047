import type { DoctorCheck, DoctorFinding } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { optionsOf } from "./context-options.ts";

/** Whether every daemon that the options name answers, and what it can do. */
export const daemonCheck: DoctorCheck = {
  name: "buildkit: daemon",
  async run(context) {
    const { hosts, ...options } = optionsOf(context);
    const places = hosts === undefined ? [options] : hosts.map((host) => ({ ...options, host }));
    const findings = await Promise.all(places.map((place) => check(place, context)));
    return findings.flat();
  },
};

async function check(
  options: BuildkitBuilderOptions,
  { env, signal }: Parameters<DoctorCheck["run"]>[0],
): Promise<readonly DoctorFinding[]> {
  try {
    await using daemon = await openDaemon({ ...options, env }, signal);
    const { kind, address, version, features, platforms } = daemon;
    const what =
      kind === "engine" ? `Docker Engine ${version}` : kind === "buildkitd" ? `buildkitd ${version}` : "docker buildx";
    const findings: DoctorFinding[] = [
      { status: "ok", message: `${what} at "${address}" builds for ${platforms.join(", ") || "its own platform"}` },
    ];
    if (features.store === "graphdriver") {
      findings.push({
        status: "warning",
        message: "its image store is a graph driver: no registry cache, and pushes go through this machine",
        hint: "switch the engine to the containerd image store (features.containerd-snapshotter in daemon.json)",
      });
    }
    if (features.dialect === "base") {
      findings.push({
        status: "warning",
        message: "its BuildKit is older than 0.10: layers cannot be put together independently of each other",
        hint: "update the engine to 23 or later",
      });
    }
    return findings;
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    const hint = error.hint ?? "start a container engine or a buildkitd";
    return [{ status: "error", message: error.message, hint }];
  }
}
