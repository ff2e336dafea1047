import { createHash } from "node:crypto";
import path from "node:path";
import type { WheelDistribution } from "@imagespec/core";
import { type KeyIndex, openKeyIndex } from "@imagespec/image-store";
import type { Placement } from "@imagespec/image-store/layers";
import { groupPackages, type PackageGroup } from "@imagespec/resolver";
import { type OwnedFile, PathOwners } from "../wheel/path-owners.ts";
import { type LocalWheel, type WheelLayer, writeWheelLayer } from "../wheel/wheel-layer.ts";
import type { VenvLayout } from "../wheel/wheel-layout.ts";
import type { BuildContext } from "./build-context.ts";
import { keyOf, type LayerParts, type SharedLayer, sharedLayer } from "./built-layer.ts";
import { foldGroups } from "./fold-groups.ts";
import type { WheelSource } from "./wheel-source.ts";

type FileLists = WheelLayer["files"];

export interface PackageLayersOptions {
  readonly wheels: WheelSource;
  readonly layout: VenvLayout;
  readonly placement: Placement;
  /** Layers of the image that hold no packages. */
  readonly otherLayers: number;
}

/** A layer of packages, with what others need to take it. */
export interface PackageLayer extends SharedLayer {
  readonly key: string;
  readonly files: () => Promise<unknown>;
}

/**
 * The layers of the distributions, in image order. One that was made before needs no wheel at all.
 *
 * @throws WHEEL_INVALID, WHEEL_CONFLICT, WHEEL_HASH_MISMATCH, INDEX_DOWN, INDEX_AUTH
 */
export async function packageLayers(
  context: BuildContext,
  distributions: readonly WheelDistribution[],
  options: PackageLayersOptions,
): Promise<readonly PackageLayer[]> {
  const { scope, folder } = context;
  const { signal } = scope;
  const sized = await Promise.all(
    distributions.map(async (distribution) => ({
      name: distribution.name,
      size: await options.wheels.size(distribution, signal),
    })),
  );
  const groups = foldGroups(groupPackages(sized, "layers"), options.otherLayers);
  const byName = new Map(distributions.map((distribution) => [distribution.name, distribution]));
  const lists = await openKeyIndex<FileLists>(path.join(folder, "files"), { parse: parseFileLists });
  const made = groups.map((group) => new GroupLayer(context, options, lists, group, byName));
  const areTogether = await findTogether(context, made);
  const layers = await Promise.all(made.map((layer) => scope.start(() => layer.build())));
  await checkConflicts(folder, made, areTogether);
  return layers;
}

/** Asks the index for all layers at once when one is missing here. Whether it has them together: then they fit together. */
async function findTogether({ cache, index }: BuildContext, layers: readonly GroupLayer[]): Promise<boolean> {
  if (index === undefined || layers.length === 0) return false;
  const here = await Promise.all(layers.map(({ layerKey }) => cache.get(layerKey)));
  if (here.every((layer) => layer !== undefined)) return false;
  return index.environment(layers.map(({ layerKey }) => layerKey));
}

class GroupLayer {
  /** Of the list of files. */
  readonly key: string;
  /** Of the layer, in the cache and in the index. */
  readonly layerKey: string;
  readonly #context: BuildContext;
  readonly #options: PackageLayersOptions;
  readonly #lists: KeyIndex<FileLists>;
  readonly #group: PackageGroup;
  readonly #members: readonly WheelDistribution[];
  readonly #parts: LayerParts;

  constructor(
    context: BuildContext,
    options: PackageLayersOptions,
    lists: KeyIndex<FileLists>,
    group: PackageGroup,
    byName: ReadonlyMap<string, WheelDistribution>,
  ) {
    this.#context = context;
    this.#options = options;
    this.#lists = lists;
    this.#group = group;
    this.#members = group.members.flatMap((name) => byName.get(name) ?? []);
    const { prefix, pythonMinor } = options.layout;
    const wheels = this.#members.map(({ wheel }) => `${wheel.filename} ${wheel.sha256}`);
    const inputs = [prefix, pythonMinor, options.placement.key(prefix), ...wheels];
    this.key = createHash("sha256")
      .update(JSON.stringify(["files-1", ...inputs]))
      .digest("hex");
    this.#parts = { kind: "wheels", comment: this.#comment(), inputs };
    this.layerKey = keyOf(context, this.#parts);
  }

  async build(): Promise<PackageLayer> {
    const layer = await sharedLayer(this.#context, this.#parts, () => this.#write());
    return { ...layer, key: this.layerKey, files: () => this.files() };
  }

  async files(): Promise<FileLists> {
    const kept = await this.#lists.get(this.key);
    if (kept !== undefined) return kept;
    const indexed = parseFileLists(await this.#context.index?.document("layer", this.layerKey));
    // A list that was lost is made again together with the layer.
    if (indexed === undefined) return (await this.#write()).files;
    await this.#lists.set(this.key, indexed);
    return indexed;
  }

  #comment(): string {
    const [first] = this.#members;
    return this.#group.kind === "alone" && first !== undefined
      ? `package ${first.name} ${first.version}`
      : `packages ${this.#members.map(({ name, version }) => `${name} ${version}`).join(", ")}`;
  }

  async #write(): Promise<WheelLayer> {
    const { content, encoder, scope, writers } = this.#context;
    const { signal } = scope;
    const wheels: readonly LocalWheel[] = await Promise.all(
      this.#members.map((member) => scope.start(() => this.#options.wheels.fetch(member, signal))),
    );
    const { layout, placement } = this.#options;
    const layer = await writers(() => writeWheelLayer(wheels, { layout, placement, content, encoder, signal }));
    await this.#lists.set(this.key, layer.files);
    return layer;
  }
}

/** Conflicts inside a layer were found when it was written; this finds those between layers, once for each set of layers. */
async function checkConflicts(folder: string, layers: readonly GroupLayer[], areChecked: boolean): Promise<void> {
  if (layers.length < 2) return;
  const checked = await openKeyIndex(path.join(folder, "checked"), {
    parse: (value) => (value === true ? true : undefined),
  });
  const key = createHash("sha256")
    .update(
      layers
        .map((layer) => layer.key)
        .sort()
        .join(),
    )
    .digest("hex");
  if ((await checked.get(key)) === true) return;
  if (areChecked) return checked.set(key, true);
  const owners = new PathOwners();
  for (const layer of layers) {
    for (const [owner, files] of Object.entries(await layer.files())) for (const file of files) owners.add(owner, file);
  }
  await checked.set(key, true);
}

function parseFileLists(value: unknown): FileLists | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const lists = Object.values(value);
  const isFile = (file: unknown): file is OwnedFile =>
    typeof file === "object" && file !== null && "path" in file && "hash" in file;
  if (!lists.every((list) => Array.isArray(list) && list.every(isFile))) return undefined;
  // Every list was checked above.
  return value as FileLists;
}
