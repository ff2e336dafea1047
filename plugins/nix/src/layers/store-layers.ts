import type { BuildContext, BuiltLayer } from "@imagespec/assembler/parts";
import { formatSize } from "@imagespec/assembler/parts";
import { ImageSpecError } from "@imagespec/errors";
import { LayerTree, type Placement, tarPieces, writeLayer } from "@imagespec/image-store/layers";
import { groupPaths, type PathGroup } from "../closure/group-paths.ts";
import type { StorePath } from "../closure/store-path.ts";
import type { Root } from "../evaluation/evaluation.ts";
import { nameOfPath } from "../process/log-line.ts";
import { environmentLinks } from "./environment-links.ts";
import type { IndexedLayers, LayerParts } from "./indexed-layer.ts";
import { storeEntries } from "./store-entries.ts";

/** Layers of an image that engines handle well, and those that they can stack. */
const goodLayers = 100;
const maxLayers = 120;

/** The layers that Nix has a part in. */
export interface StorePlan {
  readonly groups: readonly { readonly group: PathGroup; readonly parts: LayerParts }[];
  /** Nothing where nothing is linked. */
  readonly links: LayerParts | undefined;
}

export interface StorePlanOptions {
  readonly placement: Placement;
  readonly roots: readonly Root[];
  readonly pythonMinor: string | undefined;
  /** Layers of the image that Nix has no part in. */
  readonly otherLayers: number;
}

/** What the layers are made of: from the closure alone, no file is read. @throws BASE_UNSUPPORTED */
export function planStoreLayers(closure: readonly StorePath[], options: StorePlanOptions): StorePlan {
  const { placement, roots, pythonMinor, otherLayers } = options;
  const room = goodLayers - otherLayers - 1;
  const groups = groupPaths(closure, Math.max(room, 8));
  const total = otherLayers + groups.length + 1;
  if (total > maxLayers) {
    throw new ImageSpecError("BASE_UNSUPPORTED", `the image would have ${total} layers, ${maxLayers} are possible`, {
      hint: "choose a base with fewer layers, or none: baseImage: scratch",
      details: { layers: total },
    });
  }
  const hashes = new Map(closure.map(({ path, narHash }) => [path, narHash]));
  const place = placement.key("nix/store");
  const linked = roots
    .filter(({ role }) => role !== "library" && role !== "wheel" && role !== "python")
    .map(({ role, path }) => `${role} ${path} ${hashes.get(path) ?? ""}`)
    .sort();
  const places = ["opt/venv", "usr/local/bin", "bin", "usr/bin", "etc/ssl/certs", "tmp"].map((each) =>
    placement.key(each),
  );
  return {
    groups: groups.map((group) => ({
      group,
      parts: {
        kind: "nix-store-1",
        comment: commentOf(group),
        inputs: [place, ...group.members.map(({ path, narHash }) => `${path} ${narHash}`)],
      },
    })),
    links:
      linked.length === 0
        ? undefined
        : {
            kind: "nix-links-1",
            comment: "links into the Nix store",
            inputs: [...places, pythonMinor ?? "", ...linked],
          },
  };
}

/** A line of the history names the largest paths. */
function commentOf({ members, size }: PathGroup): string {
  const names = [...members].sort((a, b) => b.narSize - a.narSize).map(({ path }) => nameOfPath(path));
  const others = names.length > 4 ? ` and ${names.length - 4} more` : "";
  return `nix ${names.slice(0, 4).join(", ")}${others}, ${formatSize(size)}`;
}

/** Finds the planned layers, or writes them from the store, in image order. */
export async function storeLayers(
  context: BuildContext,
  layers: IndexedLayers,
  plan: StorePlan,
  options: Pick<StorePlanOptions, "placement" | "roots" | "pythonMinor"> & {
    readonly onDisk: (storePath: string) => string;
  },
): Promise<readonly BuiltLayer[]> {
  const { content, encoder, scope, writers } = context;
  const { placement, onDisk, roots, pythonMinor } = options;
  const write = (tree: LayerTree) => writeLayer(tarPieces(tree.sorted()), { content, encoder, signal: scope.signal });
  const made = plan.groups.map(({ group, parts }) =>
    scope.start(() =>
      layers.layer(parts, () =>
        writers(async () => {
          const tree = new LayerTree(placement);
          for (const { path } of group.members)
            for await (const entry of storeEntries(path, onDisk(path))) tree.add(entry);
          return write(tree);
        }),
      ),
    ),
  );
  const { links } = plan;
  if (links !== undefined) {
    made.push(
      scope.start(() =>
        layers.layer(links, async () => {
          const tree = new LayerTree(placement);
          for (const entry of await environmentLinks(roots, { onDisk, pythonMinor })) tree.add(entry);
          return write(tree);
        }),
      ),
    );
  }
  return Promise.all(made);
}
