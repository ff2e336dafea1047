import { createHash } from "node:crypto";
import type { ImageFile } from "../../contents/image-file.ts";
import type { MadeDistribution } from "../session/made-wheels.ts";
import { textOf } from "../session/stored-image.ts";

const site = /^\/opt\/venv\/lib\/python[0-9.]+\/site-packages\//;

/** What `importlib.metadata` would stumble over in an installed distribution, and what its RECORD says wrongly. */
export function distributionBreaches(
  files: ReadonlyMap<string, ImageFile>,
  { name, version }: MadeDistribution,
): readonly string[] {
  const folder = `${name.replaceAll("-", "_")}-${version}.dist-info`;
  const metadata = [...files.keys()].find((path) => site.test(path) && path.endsWith(`/${folder}/METADATA`));
  if (metadata === undefined) return [`${name} ${version} has no ${folder}/METADATA`];
  const info = metadata.slice(0, metadata.lastIndexOf("/"));
  const breaches: string[] = [];
  const lines = new Map((textOf(files, metadata) ?? "").split("\n").map((line) => pair(line)));
  if (lines.get("Name") !== name || lines.get("Version") !== version) {
    breaches.push(`METADATA of ${name} says "${lines.get("Name")}" "${lines.get("Version")}"`);
  }
  if ((textOf(files, `${info}/INSTALLER`) ?? "").trim() === "") breaches.push(`${name} has no INSTALLER`);
  const record = textOf(files, `${info}/RECORD`);
  if (record === undefined) return [...breaches, `${name} has no RECORD`];
  return [...breaches, ...recordBreaches(files, name, info.slice(0, info.lastIndexOf("/")), record)];
}

function recordBreaches(
  files: ReadonlyMap<string, ImageFile>,
  name: string,
  base: string,
  record: string,
): readonly string[] {
  return record
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .flatMap((line) => {
      const [path = "", hash = ""] = fieldsOf(line);
      const absolute = normal(path.startsWith("/") ? path : `${base}/${path}`);
      const file = files.get(absolute);
      if (file === undefined) return [`RECORD of ${name} names "${path}", which is not there`];
      const [algorithm, digest] = pair(hash, "=");
      if (algorithm !== "sha256" || file.content === undefined) return [];
      const own = createHash("sha256").update(file.content).digest("base64url");
      return own === digest ? [] : [`"${path}" of ${name} has other bytes than its RECORD says`];
    });
}

/** Fields of a line of CSV: quoted ones hold commas, and quotes twice. */
function fieldsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function pair(text: string, separator = ": "): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length).trim()];
}
