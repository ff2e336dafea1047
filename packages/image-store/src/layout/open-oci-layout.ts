import { ImageSpecError } from "@imagespec/errors";
import { contentStoreIn, openContentStore } from "../content/open-content-store.ts";
import { PartialFolder } from "../disk/partial-folder.ts";
import { FolderOciLayout } from "./folder-oci-layout.ts";
import { IndexFile } from "./index-file.ts";
import { hasLayoutMarker, writeLayoutMarker } from "./layout-marker.ts";
import type { OciLayout } from "./oci-layout.ts";

/** How a layout is opened. */
export interface OpenOciLayoutOptions {
  /** Makes the folder a layout when it is none. @default false */
  readonly create?: boolean;
  /**
   * Whether a named index becomes one entry of `index.json`. Otherwise its manifests become entries that share the name, for tools
   * that do not look into nested indexes. @default true
   */
  readonly nested?: boolean;
}

// The grammar of org.opencontainers.image.ref.name; skopeo refuses other names.
const component = "[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*";
const namePattern = new RegExp(`^${component}(?:/${component})*$`);

function assertName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new ImageSpecError("REFERENCE_INVALID", `"${name}" is not a name that an OCI layout can hold`, {
    hint: "Use letters and digits, with single - . _ : @ + or / between them",
    details: { name },
  });
}

/** Makes a folder a layout unless it is one. @throws STORE_UNUSABLE, DISK_FULL */
export async function createLayout(root: string): Promise<void> {
  if (!(await hasLayoutMarker(root))) await writeLayoutMarker(root);
  // Other tools take a layout without `index.json` for a broken one.
  await new IndexFile(root).ensure();
}

/**
 * Opens an OCI image layout. Several processes may write to it: none loses what another adds to `index.json`.
 *
 * @throws IMAGE_NOT_FOUND when the folder is not a layout and `create` is not set, STORE_UNUSABLE, DISK_FULL
 */
export async function openOciLayout(root: string, options: OpenOciLayoutOptions = {}): Promise<OciLayout> {
  const { create = false, nested = true } = options;
  if (create) await createLayout(root);
  else if (!(await hasLayoutMarker(root)))
    throw new ImageSpecError("IMAGE_NOT_FOUND", `"${root}" is not an OCI layout: it has no file "oci-layout"`, {
      hint: "Name the folder of an OCI layout, or write an image there first",
      details: { root },
    });
  await new PartialFolder(root).removeStale();
  const content = create ? await openContentStore(root) : contentStoreIn(root);
  return new FolderOciLayout(content, new IndexFile(root), {
    nested,
    nameToWrite: assertName,
    nameToFind: (name) => name,
  });
}
