import { isOwnWorkdir } from "@imagespec/core";
import { entryInputs, type Placement, sourceEntries, tarPieces, writeLayer } from "@imagespec/image-store/layers";
import type { ImageUser } from "../image/image-user.ts";
import type { BuildContext } from "./build-context.ts";
import { type BuiltLayer, builtLayer } from "./built-layer.ts";

/** The layer of the source files; nothing when there are none. @throws SOURCE_CHANGED, SPEC_SOURCE_UNSUPPORTED */
export async function sourceLayer(
  context: BuildContext,
  { uid, gid }: ImageUser,
  placement: Placement,
): Promise<BuiltLayer | undefined> {
  const { spec, content, encoder, scope, writers } = context;
  const { files } = spec.source;
  if (files.length === 0) return undefined;
  const sorted = sourceEntries(files, {
    placement,
    workdir: spec.workdir,
    owner: isOwnWorkdir(spec.workdir, spec.profile) ? { uid, gid } : undefined,
    open: (file) => () => spec.source.open(file),
  });
  const parts = { kind: "source", comment: `source, ${files.length} files`, inputs: entryInputs(sorted) };
  return builtLayer(context, parts, () =>
    writers(() => writeLayer(tarPieces(sorted), { content, encoder, signal: scope.signal })),
  );
}
