import type { TarHeader } from "@imagespec/image-store";
import type { Findings } from "./finding.ts";

const opaque = ".wh..wh..opq";

/** Checks the entries of the layers of one image, the lowest first. */
export class LayerEntries {
  readonly #findings: Findings;
  /** Everything that some layer so far has put there, whiteouts not applied. */
  readonly #below = new Set<string>();
  #types = new Map<string, TarHeader["type"]>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** To be called before the first entry of a layer. */
  begin(): void {
    for (const path of this.#types.keys()) this.#below.add(path);
    this.#types = new Map();
  }

  add(at: string, header: TarHeader): void {
    const where = `${at} ${header.path}`;
    const path = checkPath(this.#findings, where, header.path);
    if (path === undefined) return;
    this.#checkParents(where, path);
    if (
      this.#types.has(path) &&
      !(header.type === "directory" && this.#types.get(path) === "directory" && path === "")
    ) {
      this.#findings.add("layer-duplicate", where, "is in the layer twice");
    }
    this.#types.set(path, header.type);
    this.#checkWhiteout(where, path, header);
    this.#checkLink(where, header);
    this.#findings.check(
      header.mode >= 0 && header.mode <= 0o7777 && header.uid >= 0 && header.gid >= 0,
      "layer-mode",
      where,
      `has mode ${header.mode.toString(8)}, owner ${header.uid}:${header.gid}`,
    );
  }

  #checkParents(where: string, path: string): void {
    for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
      const type = this.#types.get(parent);
      if (type !== undefined && type !== "directory") {
        this.#findings.add("layer-path", where, `lies below "${parent}", which is a ${type} of the same layer`);
      }
    }
  }

  #checkWhiteout(where: string, path: string, header: TarHeader): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (header.type === "character-device" && header.devMajor === 0 && header.devMinor === 0) {
      this.#findings.add("layer-whiteout", where, "is a whiteout of overlayfs instead of one of the image format");
    }
    if (!name.startsWith(".wh.")) return;
    const sound =
      header.type === "file" &&
      header.size === 0 &&
      (name === opaque || (name.length > 4 && !name.startsWith(".wh..wh.")));
    this.#findings.check(sound, "layer-whiteout", where, "is not a whiteout of the image format");
  }

  #checkLink(where: string, header: TarHeader): void {
    if (header.type === "symlink") {
      this.#findings.check(Boolean(header.linkPath), "layer-link", where, "is a symbolic link without a target");
    }
    if (header.type !== "hardlink") return;
    const target = checkPath(this.#findings, `${where} -> ${header.linkPath}`, header.linkPath ?? "");
    if (target === undefined) return;
    const type = this.#types.get(target);
    const there = (type !== undefined && type !== "directory") || this.#below.has(target);
    this.#findings.check(
      there,
      "layer-link",
      where,
      `is a hard link to "${header.linkPath}", which is not there before it`,
    );
  }
}

/** The path without a leading `./` or trailing slash; a finding and nothing when it leaves the image. */
function checkPath(findings: Findings, where: string, path: string): string | undefined {
  const parts = path.split("/");
  if (path.startsWith("/") || parts.includes("..") || path === "" || path.includes("\0")) {
    findings.add("layer-path", where, "is not a relative path inside the image");
    return undefined;
  }
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}

function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
