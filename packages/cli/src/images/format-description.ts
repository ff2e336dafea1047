import { count, formatBytes } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { terminalText } from "../output/terminal-text.ts";
import { truncate } from "../output/text-width.ts";
import type { ImageDescription, PlatformDescription } from "./describe-image.ts";
import { placeTitles } from "./image-place.ts";

interface Look {
  readonly style: Style;
  readonly columns: number;
}

type Row = readonly [label: string, value: string];

/** An image for people: what it is, what it was made of, how it is run, its layers. */
export function formatDescription(image: ImageDescription, look: Look): readonly string[] {
  const { style } = look;
  const { images, others, reference, place, digest, annotations } = image;
  const platforms = images.flatMap(({ platform }) => platform ?? []);
  const head: readonly Row[] = [
    ["digest", digest],
    ...(platforms.length === 0 ? [] : ([["platforms", platforms.join(", ")]] satisfies readonly Row[])),
    ...others.map((other): Row => ["also", `${other.what}  ${other.digest}`]),
    ...Object.entries(annotations ?? {}).map(([name, value]): Row => ["annotation", `${name}=${value}`]),
  ];
  return [
    `  ${style.bold(terminalText(reference))}  ${style.dim(placeTitles[place])}`,
    ...formatRows(head, look),
    ...images.flatMap((one) => ["", ...formatPlatformImage(one, look)]),
  ];
}

function formatPlatformImage(image: PlatformDescription, look: Look): readonly string[] {
  const { style } = look;
  const size = `${count(image.layers.length, "layer")}, ${formatBytes(image.size)}`;
  const title = image.platform ?? image.artifactType ?? "artifact";
  return [
    `  ${style.bold(terminalText(title))}  ${style.dim(`${size}  ${image.digest}`)}`,
    ...formatRows([...recordRows(image), ...configRows(image)], look),
    ...formatLayers(image, look),
  ];
}

/** What imagespec knows of an image that it built. */
function recordRows({ record, recordProblem, fingerprint }: PlatformDescription): readonly Row[] {
  const made: readonly Row[] = [
    ...(fingerprint === undefined ? [] : [["fingerprint", fingerprint] as const]),
    ...(recordProblem === undefined ? [] : [["record", `cannot be read: ${recordProblem}`] as const]),
  ];
  if (record === undefined) return made;
  const { created, builder, base, spec, floating, distributions, debianPackages } = record;
  return [
    ...made,
    ...(created === undefined
      ? []
      : [["built", builder === undefined ? created : `${created} by ${builder}`] as const]),
    ...(base === undefined ? [] : [["base", base] as const]),
    ...Object.entries(spec).flatMap(([name, value]): readonly Row[] =>
      inConfig.has(name) ? [] : [[name, name === "source" ? formatSource(value) : formatValue(value)]],
    ),
    ...(floating.length === 0 ? [] : [["floating", floating.join(", ")] as const]),
    ...listRows("resolved", distributions),
    ...listRows("debian", debianPackages),
  ];
}

/** Fields of the spec that the config shows as they came out. */
const inConfig: ReadonlySet<string> = new Set(["env", "entrypoint", "cmd", "user", "workdir"]);

function formatSource(value: unknown): string {
  const { files, size } = { files: undefined, size: undefined, ...(typeof value === "object" ? value : {}) };
  return typeof files === "number" && typeof size === "number"
    ? `${count(files, "file")}, ${formatBytes(size)}`
    : formatValue(value);
}

function configRows({ config }: PlatformDescription): readonly Row[] {
  if (config === undefined) return [];
  const { Entrypoint, Cmd, User, WorkingDir, Env = [], Labels = {}, ExposedPorts = {}, Volumes = {} } = config;
  return [
    ...(Entrypoint === undefined || Entrypoint.length === 0
      ? []
      : [["Entrypoint", JSON.stringify(Entrypoint)] as const]),
    ...(Cmd === undefined || Cmd.length === 0 ? [] : [["Cmd", JSON.stringify(Cmd)] as const]),
    ...(User === undefined || User === "" ? [] : [["User", User] as const]),
    ...(WorkingDir === undefined || WorkingDir === "" ? [] : [["WorkingDir", WorkingDir] as const]),
    ...Env.map((line): Row => ["Env", line]),
    ...Object.keys(ExposedPorts).map((port): Row => ["ExposedPorts", port]),
    ...Object.keys(Volumes).map((volume): Row => ["Volumes", volume]),
    ...Object.entries(Labels).map(([name, value]): Row => ["Label", `${name}=${value}`]),
  ];
}

function listRows(label: string, items: readonly string[]): readonly Row[] {
  return items.length === 0 ? [] : [[label, `${count(items.length, "package")}: ${items.join(", ")}`]];
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return JSON.stringify(value);
}

/** Labels are written once; what is too long for the terminal is wrapped below its value. */
function formatRows(rows: readonly Row[], { style, columns }: Look): readonly string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const room = Math.max(40, columns - width - 7);
  let before = "";
  return rows.flatMap(([label, value]) => {
    const shown = label === before ? "" : label;
    before = label;
    return wrap(terminalText(value), room).map((line, index) => {
      const left = (index === 0 ? shown : "").padEnd(width);
      return `    ${style.dim(left)}  ${line}`.trimEnd();
    });
  });
}

function wrap(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function formatLayers({ layers }: PlatformDescription, { style, columns }: Look): readonly string[] {
  const rows = layers.map(({ digest, size, holds }, index) => [
    style.dim(`  ${String(index + 1).padStart(String(layers.length).length)}`),
    digest.replace(/^(sha\d+:.{12}).*$/, "$1"),
    formatBytes(size).padStart(7),
    truncate(terminalText(holds ?? ""), Math.max(30, columns - 45)),
  ]);
  return rows.length === 0 ? [] : [`    ${style.dim("layers")}`, ...formatTable(rows)];
}
