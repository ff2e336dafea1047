import type { ResolvedImageSpec } from "@imagespec/core";
import type { LayerEntry } from "../layer/layer-entry.ts";
import type { BaseFacts } from "./base-facts.ts";

const user = { uid: 65_532, gid: 65_532 } as const;
const home = "home/imagespec";

/** What every image has beside packages and source: the virtual environment, the user, home and workdir. */
export function skeletonEntries(
  spec: ResolvedImageSpec,
  base: BaseFacts | undefined,
  keepsUser: boolean,
): readonly LayerEntry[] {
  const entries: LayerEntry[] = [];
  const file = (path: string, content: string) => entries.push({ type: "file", path, mode: 0o644, content });
  const python = base?.python;
  if (python !== undefined) {
    const site = `opt/venv/lib/python${python.minor}/site-packages`;
    const binary = python.path.slice(0, python.path.lastIndexOf("/"));
    entries.push({ type: "directory", path: site, mode: 0o755 });
    file("opt/venv/pyvenv.cfg", `home = ${binary}\ninclude-system-site-packages = false\nversion = ${python.minor}\n`);
    for (const [name, target] of [
      ["python", python.path],
      ["python3", "python"],
    ] as const) {
      entries.push({ type: "symlink", path: `opt/venv/bin/${name}`, mode: 0o777, target });
    }
    file(`${site}/_imagespec_workdir.pth`, `${spec.workdir}\n`);
    if (spec.runtimePackages.length > 0) file(`${site}/_imagespec_runtime.pth`, `/${home}/runtime\n`);
  }
  const workdir = spec.workdir.replace(/^\/|\/$/g, "");
  const owner = keepsUser ? {} : user;
  if (workdir !== "") entries.push({ type: "directory", path: workdir, mode: 0o755, ...owner });
  if (keepsUser) return entries;
  entries.push({ type: "directory", path: home, mode: 0o755, ...user });
  if (spec.runtimePackages.length > 0)
    entries.push({ type: "directory", path: `${home}/runtime`, mode: 0o755, ...user });
  file(
    "etc/passwd",
    withLine(base, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh", `imagespec:x:65532:65532::/${home}:/bin/sh`),
  );
  file("etc/group", withLine(base, "/etc/group", "root:x:0:", "imagespec:x:65532:"));
  return entries;
}

/** The source tree, which belongs to the image's user where it is in the workdir. */
export async function sourceEntries(spec: ResolvedImageSpec, keepsUser: boolean): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const source of spec.source.files) {
    const isOwn = source.destination.startsWith(`${spec.workdir.replace(/\/$/, "")}/`);
    const owner = isOwn && !keepsUser ? user : {};
    const path = source.destination.slice(1);
    if (source.kind === "directory") entries.push({ type: "directory", path, mode: 0o755, ...owner });
    else if (source.kind === "symlink")
      entries.push({ type: "symlink", path, mode: 0o777, target: source.linkTarget ?? "", ...owner });
    else {
      const chunks: Uint8Array[] = [];
      for await (const chunk of spec.source.open(source)) chunks.push(chunk);
      const mode = source.executable ? 0o755 : 0o644;
      entries.push({ type: "file", path, mode, content: Buffer.concat(chunks), ...owner });
    }
  }
  return entries;
}

/** Entries with those for folders that nothing below has. */
export function withParents(entries: readonly LayerEntry[], known: Iterable<string>): readonly LayerEntry[] {
  const there = new Set([...known, ...entries.map(({ path }) => `/${path}`)]);
  const parents: LayerEntry[] = [];
  for (const { path, uid = 0, gid = 0 } of entries) {
    for (let end = path.indexOf("/"); end > 0; end = path.indexOf("/", end + 1)) {
      const parent = path.slice(0, end);
      if (there.has(`/${parent}`)) continue;
      there.add(`/${parent}`);
      // Folders inside of the source tree are listed there; what is left are those above.
      const isRoot = uid === 0 || !path.startsWith("app/");
      parents.push({ type: "directory", path: parent, mode: 0o755, ...(isRoot ? {} : { uid, gid }) });
    }
  }
  return [...parents, ...entries];
}

function withLine(base: BaseFacts | undefined, path: string, usual: string, line: string): string {
  const text = Buffer.from(base?.files.get(path)?.content ?? `${usual}\n`).toString();
  if (text.split("\n").some((existing) => existing.startsWith("imagespec:"))) return text;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}
