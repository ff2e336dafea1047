import { createHash } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { type FileServer, type ServedFile, serveFiles } from "../process/serve-files.ts";
import { temporaryFolder } from "../process/temporary-folder.ts";
import { cachedArchive } from "../python-tree/cached-archive.ts";
import { pythonTree } from "../python-tree/python-tree.ts";
import { type CondaFixture, condaFileName, condaIndexRecord, subdirOf } from "./conda-fixture.ts";
import { greeterFixtures } from "./greeter-fixtures.ts";
import { makeCondaPackage } from "./make-conda-package.ts";

/** What a channel has. */
export interface CondaChannelOptions {
  /** Beside Python. @default the packages of {@link greeterFixtures} */
  readonly packages?: readonly CondaFixture[];
  /** Whether the channel has a `python` of 3.12. @default true */
  readonly python?: boolean;
  /** Path of the channel on the server. @default "channel" */
  readonly name?: string;
}

/** A conda channel on loopback, for the platforms linux-64 and noarch. Containers reach it through `stack.expose(channel.url)`. */
export interface CondaChannel extends FileServer {
  /** `http://127.0.0.1:PORT/channel` */
  readonly url: string;
}

/** Makes the packages and serves them with their repodata. */
export async function serveCondaChannel(options: CondaChannelOptions = {}): Promise<CondaChannel> {
  const { packages = greeterFixtures, python = true, name = "channel" } = options;
  const served = new Map<string, ServedFile>();
  const records = { "linux-64": newRepodata("linux-64"), noarch: newRepodata("noarch") };
  const add = (fixture: CondaFixture, bytes: Uint8Array) => {
    const file = condaFileName(fixture);
    const subdir = subdirOf(fixture);
    served.set(`/${name}/${subdir}/${file}`, bytes);
    const section = file.endsWith(".conda") ? "packages.conda" : "packages";
    records[subdir][section][file] = {
      ...condaIndexRecord(fixture),
      size: bytes.length,
      md5: createHash("md5").update(bytes).digest("hex"),
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  };
  {
    await using folder = await temporaryFolder("imagespec-conda-");
    for (const fixture of packages) add(fixture, await readFile(await makeCondaPackage(fixture, folder.path)));
  }
  if (python) add(...(await condaPython()));
  for (const [subdir, document] of Object.entries(records)) {
    served.set(`/${name}/${subdir}/repodata.json`, JSON.stringify(document));
  }
  const server = await serveFiles((asked) => served.get(asked));
  return { ...server, url: `${server.url}/${name}` };
}

interface Repodata {
  readonly info: { readonly subdir: string };
  readonly packages: Record<string, unknown>;
  readonly "packages.conda": Record<string, unknown>;
  readonly repodata_version: 1;
}

function newRepodata(subdir: string): Repodata {
  return { info: { subdir }, packages: {}, "packages.conda": {}, repodata_version: 1 };
}

/** Raise it when the package below is made in another way. */
const recipe = 0;

async function condaPython(): Promise<[CondaFixture, Uint8Array]> {
  const { folder, version, cache } = await pythonTree("3.12");
  const fixture: CondaFixture = {
    name: "python",
    version,
    build: `imagespec_${recipe}`,
    tree: folder,
    treePrefix: { prefix: "/usr/local", files: /^bin\/|\/_sysconfigdata[^/]*\.py$|^lib\/pkgconfig\// },
  };
  const file = await cachedArchive(cache, condaFileName(fixture), async (target) => {
    await using parts = await temporaryFolder("imagespec-conda-");
    await copyFile(await makeCondaPackage(fixture, parts.path), target);
  });
  return [fixture, await readFile(file)];
}
