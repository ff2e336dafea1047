import type { CliContext, DoctorCheck, DoctorFinding } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import type { NixBuilderOptions } from "../options/nix-builder-options.ts";

/** Whether Nix is here, how it may build, and whether it does. */
export const nixChecks: readonly DoctorCheck[] = [
  { name: "nix: version", run: checkVersion },
  { name: "nix: sandbox", run: checkSandbox },
];

async function checkVersion(context: CliContext): Promise<readonly DoctorFinding[]> {
  const [{ NixProcess }, { nixVersion, isAtLeast }, { pinTable }, { availability }] = await Promise.all([
    import("../process/nix-process.ts"),
    import("../process/nix-version.ts"),
    import("../pins/pin-table.ts"),
    import("../availability.ts"),
  ]);
  const options = optionsOf(context);
  const found = await availability(options);
  // Most users of other builders have no Nix, and miss nothing.
  if (!found.available) return [{ status: "warning", message: found.reason, hint: found.hint }];
  const version = await nixVersion(new NixProcess(options), context.signal);
  const refused = Object.entries(pinTable).filter(([, { minNix = "2.3" }]) => !isAtLeast(version, minNix));
  const findings: DoctorFinding[] = [{ status: "ok", message: `Nix ${version}` }];
  for (const [minor, { minNix }] of refused) {
    const message = `the nixpkgs for Python ${minor} needs Nix ${minNix}`;
    findings.push({ status: "warning", message, hint: "install a newer Nix to build specs with it" });
  }
  return findings;
}

async function checkSandbox(context: CliContext): Promise<readonly DoctorFinding[]> {
  const options = optionsOf(context);
  if (options.allowUnsandboxed === true) {
    const message = "the sandbox of Nix is switched off by allowUnsandboxed";
    return [{ status: "warning", message, hint: "remove the option: builds see this machine's files and network" }];
  }
  const limits = ["/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone"];
  const values = await Promise.all(limits.map(readNumber));
  const closed = limits[values.indexOf(0)];
  if (closed === undefined || process.getuid?.() === 0) return [{ status: "ok", message: "Nix builds in its sandbox" }];
  const message = `the sandbox of Nix needs user namespaces, which "${closed}" forbids`;
  return [{ status: "warning", message, hint: "allow them, or let builds run on other machines: option builders" }];
}

async function readNumber(file: string): Promise<number | undefined> {
  const { readFile } = await import("node:fs/promises");
  try {
    return Number(await readFile(file, "utf8"));
  } catch (error) {
    // Other systems, and other kernels, have no such limit.
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The plugin's options as the configuration file has them. */
function optionsOf({ options }: CliContext): NixBuilderOptions {
  // The factory checks them when it is called.
  return typeof options === "object" && options !== null ? (options as NixBuilderOptions) : {};
}
