import { lstatSync, mkdirSync, readlinkSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";

const maxLinks = 40;

/** What is at a path, or nothing. Links are not followed. */
export function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The names of a path in an image, `.` and slashes taken out. @throws STORE_CORRUPT when it climbs out of the image */
export function segmentsOf(path: string): readonly string[] {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (!segments.includes("..")) return segments;
  throw new ImageSpecError("STORE_CORRUPT", `the layer's path "${path}" leaves the image`, {
    hint: "get the image from a source that you trust",
  });
}

/**
 * Finds folders of an image in a folder of this machine: links are followed as they would be inside of the image, so that none
 * leads out of it.
 */
export class PathInRoot {
  readonly #root: string;
  #known = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Forgets what was found: needed after a folder or link was replaced. */
  forget(): void {
    this.#known = new Map();
  }

  /** The real path of an entry, whose parents are made when they are missing; the entry itself is not followed. */
  entry(segments: readonly string[]): string {
    const name = segments.at(-1);
    return name === undefined ? this.#root : join(this.#folder(segments.slice(0, -1)), name);
  }

  #folder(segments: readonly string[]): string {
    const key = segments.join("/");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#walk(segments);
    this.#known.set(key, found);
    return found;
  }

  #walk(segments: readonly string[]): string {
    const open = [...segments].reverse();
    let done: string[] = [];
    for (let links = 0; open.length > 0; ) {
      const segment = open.pop() ?? "";
      if (segment === "" || segment === ".") continue;
      if (segment === "..") {
        done = done.slice(0, -1);
        continue;
      }
      const path = join(this.#root, ...done, segment);
      const stats = lookAt(path);
      if (stats?.isSymbolicLink()) {
        if (++links > maxLinks) {
          throw new ImageSpecError(
            "STORE_CORRUPT",
            `links of the image go round in circles at "${segments.join("/")}"`,
            {
              hint: "get the image from a source that you trust",
            },
          );
        }
        const target = readlinkSync(path);
        if (target.startsWith("/")) done = [];
        open.push(...target.split("/").reverse());
        continue;
      }
      if (stats !== undefined && !stats.isDirectory()) rmSync(path, { force: true });
      if (!stats?.isDirectory()) mkdirSync(path, { mode: 0o755 });
      done = [...done, segment];
    }
    return join(this.#root, ...done);
  }
}
