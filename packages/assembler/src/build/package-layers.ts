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
import { type BuiltLayer, builtLayer } from "./built-layer.ts";
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

/**
 * The layers of the distributions, in image order. One that was made before needs no wheel at all.
 *
 * @throws WHEEL_INVALID, WHEEL_CONFLICT, WHEEL_HASH_MISMATCH, INDEX_DOWN, INDEX_AUTH
 */
export async function packageLayers(
  context: BuildContext,
  distributions: readonly WheelDistribution[],
  options: PackageLayersOptions,
): Promise<readonly BuiltLayer[]> {
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
  const layers = await Promise.all(made.map((layer) => scope.start(() => layer.build())));
  await checkConflicts(folder, made);
  return layers;
}

class GroupLayer {
  readonly key: string;
  readonly #context: BuildContext;
  readonly #options: PackageLayersOptions;
  readonly #lists: KeyIndex<FileLists>;
  readonly #group: PackageGroup;
  readonly #members: readonly WheelDistribution[];
  readonly #inputs: readonly string[];

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
    this.#inputs = [prefix, pythonMinor, options.placement.key(prefix), ...wheels];
    this.key = createHash("sha256")
      .update(JSON.stringify(["files-1", ...this.#inputs]))
      .digest("hex");
  }

  build(): Promise<BuiltLayer> {
    const [first] = this.#members;
    const comment =
      this.#group.kind === "alone" && first !== undefined
        ? `package ${first.name} ${first.version}`
        : `packages ${this.#members.map(({ name, version }) => `${name} ${version}`).join(", ")}`;
    const make = () => this.#write();
    return builtLayer(this.#context, { kind: "wheels", comment, inputs: this.#inputs }, make);
  }

  async files(): Promise<FileLists> {
    // A list that was lost is made again together with the layer.
    return (await this.#lists.get(this.key)) ?? (await this.#write()).files;
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
async function checkConflicts(folder: string, layers: readonly GroupLayer[]): Promise<void> {
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
