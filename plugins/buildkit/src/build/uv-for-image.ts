import type { ContextFile, DockerfileOptions } from "@imagespec/dockerfile";
import { isImageSpecError } from "@imagespec/errors";
import { fetchUv, type ImageUv, indexAccess } from "@imagespec/resolver";
import type { BuildSession } from "./build-session.ts";

/** Where build steps take uv from: the image that the options name, else a file that is sent with the context. @throws RESOLVER_UNAVAILABLE */
export async function uvForImage(session: BuildSession): Promise<DockerfileOptions["uv"]> {
  const { options, request } = session;
  if (options.uvImage !== undefined) return { from: "image", reference: options.uvImage };
  const { content } = request.store;
  const { digest, size } = await fetch(session);
  const file: ContextFile = {
    path: "uv",
    mode: 0o755,
    kind: "file",
    size,
    digest,
    open: () => content.open(digest, { verify: false }),
  };
  return { from: "context", file };
}

/** From the index of this machine; the one that the spec names may have nothing but the spec's packages. */
async function fetch(session: BuildSession): Promise<ImageUv> {
  const { spec } = session;
  const machine = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
  try {
    return await fetchFrom(session, machine);
  } catch (error) {
    if (spec.pipIndex === undefined || !isImageSpecError(error, "RESOLVER_UNAVAILABLE")) throw error;
    return fetchFrom(session, spec);
  }
}

async function fetchFrom(
  { settings, platform, request }: BuildSession,
  index: Parameters<typeof indexAccess>[0],
): Promise<ImageUv> {
  const { signal, emit, store } = request;
  return fetchUv({
    platform,
    content: store.content,
    index: await indexAccess(index, settings, (id) => request.secret(id)),
    settings,
    signal,
    onRetry: (retry) => emit({ type: "retry", ...retry }),
  });
}
