import { isOwnWorkdir, type SourceFile } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ContextEntry } from "../context/context-entry.ts";
import type { PlanState } from "../plan/plan-state.ts";
import { isNumeric } from "../plan/plan-user.ts";
import { relativePath } from "../plan/workdir.ts";
import { copyPath, execForm } from "../text/quote-word.ts";

/** The source tree into the workdir, and what goes elsewhere. */
export function writeSource(state: PlanState): void {
  const { spec } = state;
  const workdir = relativePath(spec.workdir);
  const isInside = (path: string): boolean => path === workdir || isBelow(path, workdir);
  const paths = spec.source.files.map((file) => ({ file, path: relativePath(file.destination) }));
  writeWorkdirFiles(
    state,
    paths.filter(({ path }) => isInside(path)),
    workdir,
  );
  let rest = paths.filter(({ path }) => !isInside(path));
  for (const [index, { to }] of spec.copy.entries()) {
    const target = relativePath(to);
    const own = rest.filter(({ path }) => path === target || isBelow(path, target));
    rest = rest.filter((entry) => !own.includes(entry));
    writeOtherFiles(state, own, target, index);
  }
}

type PlacedFile = { readonly file: SourceFile; readonly path: string };

function writeWorkdirFiles(state: PlanState, files: readonly PlacedFile[], workdir: string): void {
  const { spec, text, context, user, options } = state;
  const entries = files.filter(({ path }) => path !== workdir);
  if (entries.length === 0) return;
  for (const { file, path } of entries) context.add(contextEntry(state, file, `source/${below(path, workdir)}`));
  const isOwn = isOwnWorkdir(spec.workdir, spec.profile);
  // A linked layer makes the folders above anew, and gives them to the user: right for the workdir alone.
  const isLinked = options.dialect === "modern" && isOwn && isNumeric(user.owner) && !workdir.includes("/");
  const flags = [...(isLinked ? ["--link"] : []), ...(isOwn && user.owner !== "0:0" ? [`--chown=${user.owner}`] : [])];
  text.blank();
  text.comment("The source last: an edit changes nothing else");
  text.instruction("COPY", [copyWords(flags, "source/", `${spec.workdir.replace(/\/+$/, "")}/`)], {
    name: "source",
    field: spec.sourceRoot === undefined ? "copy" : "sourceRoot",
  });
}

function writeOtherFiles(state: PlanState, files: readonly PlacedFile[], target: string, index: number): void {
  if (files.length === 0) return;
  const { text, context } = state;
  const only = files.find(({ path, file }) => path === target && file.kind !== "directory");
  // Copied by its folder: a link that is named itself would be followed.
  const folder = only === undefined ? target : target.slice(0, Math.max(0, target.lastIndexOf("/")));
  for (const { file, path } of files) {
    if (path !== folder) context.add(contextEntry(state, file, `copy/${index}/${below(path, folder)}`));
  }
  text.instruction("COPY", [copyWords([], `copy/${index}/`, folder === "" ? "/" : `/${folder}/`)], {
    name: `copy ${index}`,
    field: `copy[${index}]`,
  });
}

function copyWords(flags: readonly string[], from: string, to: string): string {
  const isPlain = /^[A-Za-z0-9_./@+-]+$/.test(to);
  return [...flags, isPlain ? `${from} ${to}` : execForm([from, copyPath(to)])].join(" ");
}

function contextEntry({ spec }: PlanState, file: SourceFile, path: string): ContextEntry {
  if (file.kind === "directory") return { kind: "directory", path, mode: 0o755 };
  if (file.kind === "symlink") return { kind: "symlink", path, mode: 0o777, linkTarget: file.linkTarget ?? "" };
  const { digest, size, executable } = file;
  if (digest === undefined) throw new ImageSpecError("INTERNAL", `the digest of "${file.destination}" is not known`);
  return { kind: "file", path, mode: executable ? 0o755 : 0o644, size, digest, open: () => spec.source.open(file) };
}

function isBelow(path: string, folder: string): boolean {
  return folder === "" || path.startsWith(`${folder}/`);
}

function below(path: string, folder: string): string {
  return folder === "" ? path : path.slice(folder.length + 1);
}
