import type { CacheEntry, SolveExporter, SolveWork } from "../daemon/daemon.ts";

/** What a build's command line is made of, beside the work. */
export interface BuildArgumentsInput {
  readonly builder: string;
  /** Folder of the context; the Dockerfile is in it. */
  readonly folder: string;
  readonly metadataFile: string;
  /** `id=…,env=…` or `id=…,src=…`, never a value. */
  readonly secrets: readonly string[];
}

/** The arguments of `docker` for one build. */
export function buildArguments(
  work: Omit<SolveWork, "secret" | "credentials" | "onStatus" | "signal" | "text" | "context">,
  { builder, folder, metadataFile, secrets }: BuildArgumentsInput,
): readonly string[] {
  const { frontend, network = "default", buildArgs = {}, cacheFrom = [], cacheTo = [] } = work;
  const named = Object.entries({ ...buildArgs, ...(frontend === undefined ? {} : { BUILDKIT_SYNTAX: frontend }) });
  return [
    ...["buildx", "build", "--builder", builder, "--progress", "rawjson", "--metadata-file", metadataFile],
    ...["--file", `${folder}/Dockerfile`, "--platform", work.platform],
    // Both would turn the image into an index of an image and something else.
    ...["--provenance=false", "--sbom=false"],
    ...exporterArguments(work.exporter),
    ...named.flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...cacheFrom.flatMap((entry) => ["--cache-from", cacheWords(entry)]),
    ...cacheTo.flatMap((entry) => ["--cache-to", cacheWords(entry)]),
    ...secrets.flatMap((secret) => ["--secret", secret]),
    ...(network === "default" ? [] : ["--network", network]),
    ...(network === "host" ? ["--allow", "network.host"] : []),
    ...(work.noCache === true ? ["--no-cache"] : []),
    ...(work.pull === true ? ["--pull"] : []),
    folder,
  ];
}

function exporterArguments(exporter: SolveExporter): readonly string[] {
  switch (exporter.kind) {
    case "none":
      return ["--output", "type=cacheonly"];
    case "engine":
      return ["--load", "--tag", exporter.name];
    case "oci":
      return ["--output", words({ type: "oci", dest: "-", ...exporter.attrs })];
    case "push": {
      const { name, tag, insecure, attrs } = exporter;
      const under =
        tag === undefined ? { name, "push-by-digest": "true", "name-canonical": "true" } : { name: `${name}:${tag}` };
      const plain = insecure ? { "registry.insecure": "true" } : {};
      return [
        "--output",
        words({ type: "image", ...under, push: "true", "oci-mediatypes": "true", ...plain, ...attrs }),
      ];
    }
  }
}

function cacheWords({ type, attrs }: CacheEntry): string {
  return words({ type, ...attrs });
}

/** `key=value` pairs as buildx reads them: one line of CSV. */
function words(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .map((word) => (/[",\n]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word))
    .join(",");
}
