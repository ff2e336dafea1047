import type { SolveExporter, SolveWork } from "../daemon/daemon.ts";
import type { EntryMessage, SolveRequestMessage } from "../protocol/messages.ts";

/** The name under which the Dockerfile is sent. */
export const dockerfileName = "Dockerfile";

/** The question to the daemon that a build is. `imageExporter` is `moby` on Engines and `image` on a buildkitd. */
export function createSolveRequest(
  work: Omit<
    SolveWork,
    "context" | "text" | "secret" | "credentials" | "onStatus" | "onContext" | "signal" | "sharedKey"
  >,
  ids: { readonly ref: string; readonly session: string },
  imageExporter: "moby" | "image",
): SolveRequestMessage {
  const exporter = exporterEntry(work.exporter, imageExporter);
  return {
    Ref: ids.ref,
    Session: ids.session,
    Frontend: work.frontend === undefined ? "dockerfile.v0" : "gateway.v0",
    FrontendAttrs: frontendAttrs(work),
    // Daemons before 0.13 read the first two, newer ones the list.
    ExporterDeprecated: exporter?.Type ?? "",
    ExporterAttrsDeprecated: exporter?.Attrs ?? {},
    Exporters: exporter === undefined ? [] : [exporter],
    // The Dockerfile frontend reads imports from its own attributes only.
    Cache: { Exports: (work.cacheTo ?? []).map(({ type, attrs }) => ({ Type: type, Attrs: attrs })), Imports: [] },
    Entitlements: work.network === "host" ? ["network.host"] : [],
    // The answer would wait until the daemon has written its history: some tenths of a second, for what our own record has too.
    Internal: true,
  };
}

function frontendAttrs(work: Parameters<typeof createSolveRequest>[0]): Readonly<Record<string, string>> {
  const { frontend, network = "default", cacheFrom = [], buildArgs = {} } = work;
  return {
    filename: dockerfileName,
    platform: work.platform,
    "image-resolve-mode": work.pull === true ? "pull" : "local",
    ...(frontend === undefined ? {} : { source: frontend, cmdline: frontend }),
    ...(network === "default" ? {} : { "force-network-mode": network }),
    ...(work.noCache === true ? { "no-cache": "" } : {}),
    ...(cacheFrom.length === 0
      ? {}
      : { "cache-imports": JSON.stringify(cacheFrom.map(({ type, attrs }) => ({ Type: type, Attrs: attrs }))) }),
    ...Object.fromEntries(Object.entries(buildArgs).map(([name, value]) => [`build-arg:${name}`, value])),
  };
}

function exporterEntry(exporter: SolveExporter, imageExporter: "moby" | "image"): EntryMessage | undefined {
  switch (exporter.kind) {
    case "none":
      return undefined;
    case "engine":
      return { Type: imageExporter, Attrs: { name: exporter.name, "oci-mediatypes": "true", ...exporter.attrs } };
    case "oci":
      return { Type: "oci", Attrs: { "oci-mediatypes": "true", ...exporter.attrs } };
    case "push":
      // The Engine's own exporter unpacks every layer, whatever it is told; that of its BuildKit needs not, and pushes without a tag.
      return { Type: exporter.tag === undefined ? "image" : imageExporter, Attrs: pushAttrs(exporter) };
  }
}

function pushAttrs(exporter: Extract<SolveExporter, { readonly kind: "push" }>): Readonly<Record<string, string>> {
  const { name, tag, insecure, attrs } = exporter;
  return {
    name: tag === undefined ? name : `${name}:${tag}`,
    push: "true",
    "oci-mediatypes": "true",
    ...(tag === undefined
      ? { "push-by-digest": "true", "name-canonical": "true", store: "false", unpack: "false" }
      : {}),
    ...(insecure ? { "registry.insecure": "true" } : {}),
    ...attrs,
  };
}
