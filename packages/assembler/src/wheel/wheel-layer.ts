import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import {
  type LayerEncoder,
  LayerTree,
  type Placement,
  tarPieces,
  type WrittenLayer,
  writeLayer,
} from "@imagespec/image-store/layers";
import { openZip, type ZipFile } from "@imagespec/resolver";
import { installWheel } from "./install-wheel.ts";
import { type OwnedFile, PathOwners } from "./path-owners.ts";
import type { VenvLayout } from "./wheel-layout.ts";

/** A wheel on disk. */
export interface LocalWheel {
  /** Of the distribution, normalised. */
  readonly name: string;
  readonly filename: string;
  /** Path of the file, whatever its name. */
  readonly file: string;
}

export interface WheelLayer extends WrittenLayer {
  /** By distribution: what it brings. For finding conflicts between layers. */
  readonly files: Readonly<Record<string, readonly OwnedFile[]>>;
}

/**
 * Writes the layer that holds some wheels, installed.
 *
 * @throws WHEEL_INVALID, WHEEL_CONFLICT, DISK_FULL, STORE_UNUSABLE
 */
export async function writeWheelLayer(
  wheels: readonly LocalWheel[],
  options: {
    readonly layout: VenvLayout;
    readonly placement: Placement;
    readonly content: ContentStore;
    readonly encoder: LayerEncoder;
    readonly signal?: AbortSignal;
  },
): Promise<WheelLayer> {
  const opened: ZipFile[] = [];
  try {
    const tree = new LayerTree(options.placement);
    const owners = new PathOwners();
    const files: Record<string, OwnedFile[]> = {};
    for (const wheel of wheels) {
      const zip = await openNamed(wheel);
      opened.push(zip);
      const owned: OwnedFile[] = [];
      for (const { entry, hash } of await installWheel(zip, wheel.filename, options.layout)) {
        const file = { path: entry.path, hash: hash === "" ? wheel.filename : hash };
        owned.push(file);
        if (!owners.add(wheel.name, file)) tree.add(entry);
      }
      files[wheel.name] = owned;
    }
    return { ...(await writeLayer(tarPieces(tree.sorted()), options)), files };
  } finally {
    for (const zip of opened) await zip.close();
  }
}

/** The file is named by its digest; errors should name the wheel. */
async function openNamed(wheel: LocalWheel): Promise<ZipFile> {
  try {
    return await openZip(wheel.file);
  } catch (error) {
    if (!isImageSpecError(error, "WHEEL_INVALID")) throw error;
    throw new ImageSpecError("WHEEL_INVALID", error.message.replace(/"[0-9a-f]{64}"/, `"${wheel.filename}"`), {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: { file: wheel.filename },
      cause: error,
    });
  }
}
