import { createHash } from "node:crypto";
import path from "node:path/posix";
import { bytesContent, type ContentCheck, type LayerContent, type LayerEntry } from "@imagespec/image-store/layers";
import type { ZipEntry, ZipFile } from "@imagespec/resolver";
import { parseEntryPoints } from "./entry-points.ts";
import { invalidWheel } from "./invalid-wheel.ts";
import { launcher, wantsInterpreter, withInterpreter } from "./launcher.ts";
import { formatRecord, parseRecordHash, type RecordLine, recordLine } from "./record-file.ts";
import { readWheelDocuments, type WheelDocuments } from "./wheel-documents.ts";
import { type MappedFile, mapWheelPath, sitePackages, type VenvLayout, venvPython } from "./wheel-layout.ts";

/** A file of an installed wheel. */
export interface InstalledFile {
  readonly entry: Extract<LayerEntry, { readonly type: "file" }>;
  /** Of the content, as RECORD writes it; empty for RECORD itself. */
  readonly hash: string;
}

const root = { uid: 0, gid: 0 } as const;
const maxScript = 64 * 1024 * 1024;

/**
 * Plans the installation of a wheel: which files go where with what content. Big content is read when the layer is written, and
 * checked against RECORD then.
 *
 * @throws WHEEL_INVALID
 */
export async function installWheel(
  zip: ZipFile,
  filename: string,
  layout: VenvLayout,
): Promise<readonly InstalledFile[]> {
  const documents = await readWheelDocuments(zip, filename);
  return new Installation(zip, filename, layout, documents).run();
}

class Installation {
  readonly #zip: ZipFile;
  readonly #filename: string;
  readonly #layout: VenvLayout;
  readonly #documents: WheelDocuments;
  readonly #files: InstalledFile[] = [];
  readonly #record: RecordLine[] = [];

  constructor(zip: ZipFile, filename: string, layout: VenvLayout, documents: WheelDocuments) {
    this.#zip = zip;
    this.#filename = filename;
    this.#layout = layout;
    this.#documents = documents;
  }

  async run(): Promise<readonly InstalledFile[]> {
    const { info, record } = this.#documents;
    const entries = new Map(
      this.#zip.entries.filter(({ name }) => !name.endsWith("/")).map((entry) => [entry.name, entry]),
    );
    const own = `${info}/RECORD`;
    const unhashed = new Set([own, `${own}.jws`, `${own}.p7s`]);
    const replaced = new Set([own, `${info}/INSTALLER`]);
    for (const line of record) {
      const entry = entries.get(line.path);
      // A line without a file says nothing about what is installed.
      if (entry === undefined || replaced.has(line.path)) continue;
      entries.delete(line.path);
      await this.#addFile(entry, line, unhashed.has(line.path));
    }
    for (const entry of entries.values()) {
      if (replaced.has(entry.name)) continue;
      if (!unhashed.has(entry.name)) throw this.#invalid(`has "${entry.name}", which its RECORD does not list`);
      await this.#addFile(entry, { path: entry.name, hash: "", size: "" }, true);
    }
    this.#addLaunchers();
    this.#addGenerated(`${info}/INSTALLER`, "imagespec\n");
    this.#finishRecord(own);
    return this.#files;
  }

  async #addFile(entry: ZipEntry, line: RecordLine, mayLackHash: boolean): Promise<void> {
    const mapped = mapWheelPath(entry.name, { filename: this.#filename, ...this.#documents }, this.#layout);
    const hash = parseRecordHash(line.hash);
    if (hash === undefined && !(mayLackHash && line.hash === ""))
      throw this.#invalid(`has the hash "${line.hash}" for "${entry.name}" in its RECORD`);
    const content = this.#content(entry, hash);
    const script = mapped.isScript ? await this.#script(entry, content) : undefined;
    if (script !== undefined) {
      this.#add(mapped, bytesContent(script), 0o755, recordLine(this.#fromSite(mapped.path), script));
      return;
    }
    const mode = mapped.isScript || (entry.mode & 0o111) !== 0 ? 0o755 : 0o644;
    const moved =
      mapped.path === `${sitePackages(this.#layout)}/${entry.name}` ? line.path : this.#fromSite(mapped.path);
    this.#add(mapped, content, mode, { ...line, path: moved });
  }

  #add(mapped: MappedFile, content: LayerContent, mode: number, line: RecordLine): void {
    // Some tools write base64 with its padding, against the specification; two wheels must still compare equal.
    const hash = line.hash.replace(/=+$/, "");
    this.#files.push({ entry: { type: "file", path: mapped.path, mode, ...root, content }, hash });
    this.#record.push(line);
  }

  /** A script with `#!python` and the environment's interpreter in its place; nothing for any other file. */
  async #script(entry: ZipEntry, content: LayerContent): Promise<Buffer | undefined> {
    if (entry.size > maxScript) return undefined;
    let start: Uint8Array = new Uint8Array(0);
    for await (const chunk of this.#zip.content(entry)) {
      start = chunk;
      break;
    }
    if (!wantsInterpreter(start)) return undefined;
    const check = content.check?.();
    const bytes = await this.#zip.read(entry, maxScript);
    check?.update(bytes);
    check?.finish();
    return withInterpreter(bytes, venvPython(this.#layout));
  }

  #content(entry: ZipEntry, hash: ReturnType<typeof parseRecordHash>): LayerContent {
    const zip = this.#zip;
    const { size } = entry;
    const deflated =
      entry.method === "deflate" && size > 0
        ? { deflated: { size: entry.compressedSize, crc32: entry.crc32, open: () => zip.raw(entry) } }
        : {};
    return {
      size,
      open: () => zip.content(entry),
      ...deflated,
      ...(hash === undefined ? {} : { check: () => this.#check(entry, hash) }),
      damaged: (reason, cause) => invalidWheel(this.#filename, `has damaged data: "${entry.name}" ${reason}`, cause),
    };
  }

  #check(entry: ZipEntry, { algorithm, value }: { readonly algorithm: string; readonly value: string }): ContentCheck {
    const hash = createHash(algorithm);
    return {
      update: (chunk) => hash.update(chunk),
      finish: () => {
        if (hash.digest("base64url") === value) return;
        throw this.#invalid(`has other content for "${entry.name}" than its RECORD states`);
      },
    };
  }

  #addLaunchers(): void {
    const points = parseEntryPoints(this.#documents.entryPoints ?? "", this.#filename);
    const taken = new Set(this.#files.map(({ entry }) => entry.path));
    for (const point of points) {
      const target = `${this.#layout.prefix}/bin/${point.name}`;
      // A script of that name in the wheel itself is what its author wrote on purpose.
      if (taken.has(target)) continue;
      const content = launcher(venvPython(this.#layout), point);
      this.#add(
        { path: target, isScript: true },
        bytesContent(content),
        0o755,
        recordLine(this.#fromSite(target), content),
      );
    }
  }

  #addGenerated(name: string, content: string): void {
    const target = `${sitePackages(this.#layout)}/${name}`;
    this.#add({ path: target, isScript: false }, bytesContent(content), 0o644, recordLine(name, content));
  }

  #finishRecord(own: string): void {
    this.#record.push({ path: own, hash: "", size: "" });
    const entry = {
      type: "file",
      path: `${sitePackages(this.#layout)}/${own}`,
      mode: 0o644,
      ...root,
      content: bytesContent(formatRecord(this.#record)),
    } as const;
    this.#files.push({ entry, hash: "" });
  }

  #fromSite(target: string): string {
    return path.relative(`/${sitePackages(this.#layout)}`, `/${target}`);
  }

  #invalid(problem: string): ReturnType<typeof invalidWheel> {
    return invalidWheel(this.#filename, problem);
  }
}
