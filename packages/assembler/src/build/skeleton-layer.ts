import { isOwnWorkdir, profileLayout, venvLinks } from "@imagespec/core";
import {
  bytesContent,
  entryInputs,
  LayerTree,
  type Placement,
  tarPieces,
  writeLayer,
} from "@imagespec/image-store/layers";
import type { ImageUser } from "../image/image-user.ts";
import { skeletonEntries, type VenvPython } from "../venv/skeleton-entries.ts";
import type { VenvLayout } from "../wheel/wheel-layout.ts";
import type { BuildContext } from "./build-context.ts";
import { type BuiltLayer, builtLayer } from "./built-layer.ts";

/** Folder of packages that are installed at container start. */
const runtimeFolder = "/home/imagespec/runtime";

/** Relative to the root of the image. */
export function relativePath(absolute: string): string {
  return absolute.replace(/^\/+|\/+$/g, "");
}

/** The layer of everything that is neither package nor source: the environment around the packages, the user, the workdir. */
export async function skeletonLayer(
  context: BuildContext,
  options: {
    readonly layout: VenvLayout | undefined;
    readonly python: VenvPython | undefined;
    readonly user: ImageUser;
    readonly placement: Placement;
  },
): Promise<BuiltLayer | undefined> {
  const { spec, content, encoder, scope, writers } = context;
  const { user, layout, python, placement } = options;
  const tree = new LayerTree(placement);
  const own = { uid: user.uid, gid: user.gid } as const;
  const root = { uid: 0, gid: 0 } as const;
  const profile = profileLayout(spec.profile);
  if (user.added !== undefined) {
    for (const name of ["passwd", "group"] as const) {
      tree.add({ type: "file", path: `etc/${name}`, mode: 0o644, ...root, content: bytesContent(user.added[name]) });
    }
    tree.addFolder(relativePath(profile.user.home), { mode: 0o755, uid: profile.user.id, gid: profile.user.id });
  }
  if (isOwnWorkdir(spec.workdir, spec.profile)) tree.addFolder(relativePath(spec.workdir), { mode: 0o755, ...own });
  if (layout !== undefined && python !== undefined) {
    const hasRuntime = spec.runtimePackages.length > 0;
    const entries = skeletonEntries(layout, python, {
      workdir: spec.workdir,
      runtimeFolder: hasRuntime ? runtimeFolder : undefined,
      systemSitePackages: spec.pythonExec !== undefined,
    });
    for (const entry of entries) tree.add(entry);
    for (const link of venvLinks(spec.profile, python.path)) {
      tree.add({ type: "symlink", path: relativePath(link), mode: 0o777, ...root, target: `/${layout.prefix}` });
    }
    if (hasRuntime) tree.addFolder(relativePath(runtimeFolder), { mode: 0o755, ...own });
  }
  const sorted = tree.sorted();
  if (sorted.length === 0) return undefined;
  const parts = { kind: "skeleton", comment: "environment and user", inputs: entryInputs(sorted) };
  return builtLayer(context, parts, () =>
    writers(() => writeLayer(tarPieces(sorted), { content, encoder, signal: scope.signal })),
  );
}
