import type { ContextFile, DockerfileOptions } from "@imagespec/dockerfile";
import { fetchUv, indexAccess } from "@imagespec/resolver";
import type { BuildSession } from "./build-session.ts";

/** Where build steps take uv from: the image that the options name, else a file that is sent with the context. @throws RESOLVER_UNAVAILABLE */
export async function uvForImage({
  options,
  spec,
  settings,
  platform,
  request,
}: BuildSession): Promise<DockerfileOptions["uv"]> {
  if (options.uvImage !== undefined) return { from: "image", reference: options.uvImage };
  const { content } = request.store;
  const index = await indexAccess(spec, settings, (id) => request.secret(id));
  const { signal, emit } = request;
  const onRetry = (retry: {
    readonly what: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly reason: string;
  }): void => emit({ type: "retry", ...retry });
  const { digest, size } = await fetchUv({ platform, content, index, settings, signal, onRetry });
  const file: ContextFile = {
    path: "uv",
    mode: 0o755,
    kind: "file",
    size,
    digest,
    open: () => content.open(digest),
  };
  return { from: "context", file };
}
