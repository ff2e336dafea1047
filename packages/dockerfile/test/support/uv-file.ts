import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openContentStore } from "@imagespec/image-store";
import { detectUvSettings, fetchUv, indexAccess } from "@imagespec/resolver";
import type { ContextFile } from "../../src/index.ts";

/** Kept from run to run: 60 MB. */
export const toolsFolder: string = path.join(tmpdir(), "imagespec-dockerfile-tests");

/** The uv of the images, as a file of a context. */
export async function uvFile(platform = "linux/amd64"): Promise<ContextFile> {
  const settings = detectUvSettings();
  const content = await openContentStore(toolsFolder);
  const spec = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
  const index = await indexAccess(spec, settings, async () => "");
  const signal = new AbortController().signal;
  const uv = await fetchUv({ platform, content, index, settings, signal });
  return {
    kind: "file",
    path: "uv",
    mode: 0o755,
    size: uv.size,
    digest: `sha256:${uv.sha256}`,
    open: () => createReadStream(uv.path),
  };
}
