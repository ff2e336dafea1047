import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { decompress, onDisk, readTar } from "@imagespec/image-store";
import {
  isUnsafePart,
  type LayerContent,
  type LayerEntry,
  LayerTree,
  type Placement,
  tarPieces,
  type WrittenLayer,
  writeLayer,
} from "@imagespec/image-store/layers";
import { indexAccess, type StandalonePython, StandalonePythons } from "@imagespec/resolver";
import type { BaseLibc } from "../base/find-libc.ts";
import type { BuildContext } from "./build-context.ts";
import { type SharedLayer, sharedLayer } from "./built-layer.ts";

const folder = "opt/python";
const root = { uid: 0, gid: 0 } as const;

/** Where the interpreter of a standalone Python is in the image. */
export function standalonePath(minor: string): string {
  return `/${folder}/${minor}/bin/python${minor}`;
}

/** The CPythons that can be put on a base. */
export async function openPythons({
  spec,
  request,
  settings,
  content,
  scope,
  options,
  steps,
}: BuildContext): Promise<StandalonePythons> {
  return new StandalonePythons({
    settings,
    content,
    cacheFolder: request.cacheFolder,
    index: await indexAccess(spec, settings, (id) => request.secret(id)),
    signal: scope.signal,
    mirror: options.pythonMirror,
    onLog: (text) => steps.log("python", text),
  });
}

/** Looks for the Python that a base lacks. */
export async function findPython(
  pythons: StandalonePythons,
  spec: ResolvedImageSpec,
  { wanted, libc }: { readonly wanted: string; readonly libc: BaseLibc },
): Promise<StandalonePython> {
  return pythons.find(wanted, { platform: spec.platforms[0] ?? "", libc });
}

/** The layer of a standalone Python: its archive, at a place of its own. Fetched only when nobody has made the layer before. */
export function pythonLayer(
  context: BuildContext,
  pythons: StandalonePythons,
  python: StandalonePython,
  placement: Placement,
): Promise<SharedLayer> {
  // "python-1": to be raised when the same archive gives another layer.
  const inputs = ["python-1", python.key, fileName(python.url), placement.key(folder)];
  const parts = { kind: "python", comment: `python ${python.version}`, inputs };
  return sharedLayer(context, parts, () => writePythonLayer(context, pythons, python, placement));
}

async function writePythonLayer(
  { content, encoder, scope }: BuildContext,
  pythons: StandalonePythons,
  python: StandalonePython,
  placement: Placement,
): Promise<WrittenLayer> {
  const archive = await pythons.fetch(python);
  await using spool = await content.temporaryFile();
  const tree = new LayerTree(placement);
  const minor = python.version.split(".").slice(0, 2).join(".");
  for (const entry of await readArchive(content.open(archive), spool.path, `${folder}/${python.key}`)) tree.add(entry);
  tree.add({ type: "symlink", path: `${folder}/${minor}`, mode: 0o777, ...root, target: python.key });
  return await writeLayer(tarPieces(tree.sorted()), { content, encoder, signal: scope.signal });
}

/** Reads an archive of python-build-standalone; the content of its files is set down in one file, for reading at will. */
async function readArchive(
  stream: AsyncIterable<Uint8Array>,
  spool: string,
  target: string,
): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const contents = new Map<string, { readonly mode: number; readonly content: LayerContent }>();
  const file = createWriteStream(spool);
  let at = 0;
  await onDisk(spool, async () => {
    for await (const { header, content } of readTar(decompress(stream))) {
      const path = placeOf(header.path, target);
      if (path === undefined) continue;
      if (header.type === "symlink") {
        entries.push({ type: "symlink", path, mode: 0o777, ...root, target: linkOf(header) });
      } else if (header.type === "file" || header.type === "hardlink") {
        const copied = header.type === "file" ? undefined : contents.get(placeOf(linkOf(header), target) ?? "");
        if (header.type === "hardlink" && copied === undefined) throw unfit(header.path, "is a link to nothing");
        const mode = copied?.mode ?? ((header.mode & 0o111) === 0 ? 0o644 : 0o755);
        const kept = copied?.content ?? spooled(spool, at, header.size);
        for await (const chunk of content) {
          at += chunk.length;
          if (!file.write(chunk)) await once(file, "drain");
        }
        contents.set(path, { mode, content: kept });
        entries.push({ type: "file", path, mode, ...root, content: kept });
      } else if (header.type !== "directory") throw unfit(header.path, `is a ${header.type}`);
    }
    file.end();
    await finished(file);
  });
  return entries;
}

function spooled(file: string, start: number, size: number): LayerContent {
  return {
    size,
    async *open() {
      if (size > 0) yield* createReadStream(file, { start, end: start + size - 1 });
    },
  };
}

/** Where an entry goes; nothing for the archive's own root. */
function placeOf(path: string, target: string): string | undefined {
  const parts = path.replace(/^\.\//, "").split("/");
  if (parts.shift() !== "python" || parts.some(isUnsafePart)) throw unfit(path, "is outside of its folder");
  return parts.length === 0 ? undefined : `${target}/${parts.join("/")}`;
}

function linkOf({ path, linkPath }: { readonly path: string; readonly linkPath?: string }): string {
  if (linkPath === undefined || linkPath.startsWith("/")) throw unfit(path, "is a link to elsewhere");
  return linkPath;
}

function unfit(path: string, problem: string): ImageSpecError {
  return new ImageSpecError("RESOLVER_FAILED", `the archive of a standalone Python is not one: "${path}" ${problem}`, {
    hint: "check the mirror of Pythons, or choose a base that has the Python",
  });
}

function fileName(url: string): string {
  return decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
}
