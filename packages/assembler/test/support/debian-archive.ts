import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { openContentStore } from "@imagespec/image-store";
import * as openpgp from "openpgp";
import type { DebianEnvironment } from "../../src/debian/debian-environment.ts";
import { debOf, type FixturePackage, sha256, storeAsXz } from "./debian-fixtures.ts";

/** A signed archive for trixie in memory, and an environment that reads it. */
export interface FakeDebianArchive extends AsyncDisposable {
  readonly env: DebianEnvironment;
  readonly keys: { readonly armored: Readonly<Record<string, string>>; readonly signers: readonly string[] };
  /** Files by URL; tests change them. */
  readonly files: Map<string, Buffer>;
  /** URLs asked for, in order. */
  readonly requests: string[];
  /** Writes the indexes of these packages anew, signed at that date. */
  publish(
    packages: readonly FixturePackage[],
    options?: { readonly date?: Date; readonly byHash?: boolean },
  ): Promise<void>;
}

const suites = [
  { base: "http://archive.test/debian", suite: "trixie", label: "Debian" },
  { base: "http://archive.test/debian", suite: "trixie-updates", label: "Debian" },
  { base: "http://archive.test/debian-security", suite: "trixie-security", label: "Debian-Security" },
];

export async function createFakeArchive(): Promise<FakeDebianArchive> {
  const folder = await mkdtemp(join(tmpdir(), "imagespec-debian-"));
  const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [{ name: "test" }], format: "object" });
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  return {
    files,
    requests,
    keys: { armored: { [fingerprint]: publicKey.armor() }, signers: [fingerprint] },
    env: {
      content: await openContentStore(join(folder, "content")),
      archive: { main: "http://archive.test/debian", security: "http://archive.test/debian-security/" },
      fetch: async (url) => {
        requests.push(url);
        const content = files.get(url);
        if (content === undefined) {
          throw new ImageSpecError("INDEX_PROTOCOL", `"${url}" answers 404`, { details: { status: 404 } });
        }
        return (async function* () {
          yield content;
        })();
      },
    },
    async publish(packages, { date = new Date(), byHash = true } = {}) {
      const built = packages.map(debOf);
      for (const { path, deb } of built) files.set(`http://archive.test/debian/${path}`, deb);
      for (const { base, suite, label } of suites) {
        const text = suite === "trixie" ? built.map(({ paragraph }) => paragraph).join("\n") : "\n";
        const packed = storeAsXz(Buffer.from(text));
        const name = "main/binary-amd64/Packages";
        const release = `Origin: Debian
Label: ${label}
Codename: ${suite}
Date: ${date.toUTCString()}
SHA256:
 ${sha256(text)} ${Buffer.byteLength(text)} ${name}
 ${sha256(packed)} ${packed.length} ${name}.xz
`;
        const message = await openpgp.createCleartextMessage({ text: release });
        files.set(
          `${base}/dists/${suite}/InRelease`,
          Buffer.from(await openpgp.sign({ message, signingKeys: privateKey })),
        );
        files.set(`${base}/dists/${suite}/${name}.xz`, packed);
        if (byHash) files.set(`${base}/dists/${suite}/main/binary-amd64/by-hash/SHA256/${sha256(packed)}`, packed);
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
