import type { OptionTable } from "../arguments/option.ts";

/** Options of every command that talks to registries or asks builders. */
export const engineOptions: OptionTable = {
  insecure: { type: "text", value: "HOST", isList: true, summary: "speak plain HTTP to this registry" },
  mirror: { type: "text", value: "REGISTRY=HOST", isList: true, summary: "pull from this host first" },
  ca: { type: "text", value: "FILE", isList: true, summary: "trust the certificates of this PEM file too" },
  "cache-dir": { type: "text", value: "FOLDER", summary: "cache and local image store" },
};

/** Options that say where an image goes and who makes it. */
export const buildOptions: OptionTable = {
  registry: { type: "text", value: "HOST", summary: "registry to push to, with an optional path prefix" },
  name: { type: "text", value: "NAME", summary: "repository of the image" },
  "tag-format": { type: "text", value: "FORMAT", summary: 'tag, with "{fingerprint}" for what the spec says' },
  builder: { type: "text", value: "NAME", summary: "let this builder make it, and no other" },
  "system-builder": {
    type: "text",
    value: "NAME",
    summary: "builder for base and system packages, where another one can do the rest",
  },
  platform: { type: "text", value: "OS/ARCH", isList: true, summary: "platform of the image" },
  output: {
    type: "text",
    value: "OUTPUT",
    summary: "registry, local-store, oci-layout=FOLDER, docker-archive=FILE or engine[=HOST]",
  },
  force: { type: "flag", summary: "build even when the image exists" },
  existence: {
    type: "text",
    value: "POLICY",
    choices: ["build", "assume", "fail"],
    summary: "what to do when the registry cannot say whether the image exists",
  },
  locked: { type: "flag", summary: "fail instead of building what no current lock file covers" },
};

/** Options that say what is printed. */
export const displayOptions: OptionTable = {
  json: { type: "flag", summary: "print JSON for programs" },
  "no-color": { type: "flag", summary: "print without colours" },
};
