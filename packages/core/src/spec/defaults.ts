import type { DebianSuite, ImageProfile } from "./image-spec-input.ts";

/** The Python minor of specs that name neither a Python nor a base. A constant of the image contract. */
export const defaultPythonVersion: string = "3.12";

/** A constant of the contract, not of the machine: two machines agree on what a spec means. */
export const defaultPlatform: string = "linux/amd64";

export const defaultWorkdir: string = "/app";

export const defaultProfile: ImageProfile = "imagespec";

/** The Python minor that each Debian suite has. */
export const debianPythonVersions: Readonly<Record<DebianSuite, string>> = { bookworm: "3.11", trixie: "3.13" };
