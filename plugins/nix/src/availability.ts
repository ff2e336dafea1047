import type { Availability } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { NixBuilderOptions } from "./options/nix-builder-options.ts";

/** The oldest Nix whose programs the library and the builder rely on. */
const oldest = "2.8";

/** What is installed does not change under a process: the programs of a folder, or of `PATH`, are asked once. */
const versions = new Map<string, Promise<string>>();

/** Whether Nix is here, and new enough for the pin of the options. */
export async function availability(options: NixBuilderOptions): Promise<Availability> {
  const [{ NixProcess }, { isAtLeast, nixVersion }] = await Promise.all([
    import("./process/nix-process.ts"),
    import("./process/nix-version.ts"),
  ]);
  try {
    const nix = new NixProcess(options);
    const place = JSON.stringify([options.nix ?? "", nix.machine.env["PATH"] ?? ""]);
    const asked = versions.get(place) ?? nixVersion(nix);
    versions.set(place, asked);
    const version = await asked.catch((error: unknown) => {
      // It may be installed by the next time.
      versions.delete(place);
      throw error;
    });
    const wanted = [oldest, options.pin?.minNix ?? oldest].find((each) => !isAtLeast(version, each));
    if (wanted === undefined) return { available: true };
    return {
      available: false,
      reason: `Nix ${version} is older than ${wanted}`,
      hint: "install a newer Nix: https://nixos.org/download",
    };
  } catch (error) {
    if (!isImageSpecError(error, "NIX_UNAVAILABLE")) throw error;
    return { available: false, reason: error.message, hint: error.hint ?? "install Nix" };
  }
}
