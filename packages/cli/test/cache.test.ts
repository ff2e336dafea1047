import { access, mkdir, readdir, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openLocalImageStore } from "@imagespec/image-store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

let bench: Workbench;
let image: string;
beforeEach(async () => {
  bench = await openWorkbench();
  [{ reference: image }] = (await bench.run(["build", "--json"])).json()["images"] as [{ reference: string }];
});
afterEach(() => bench[Symbol.asyncDispose]());

interface Area {
  readonly name: string;
  readonly items: number;
  readonly bytes: number;
}

async function areas(...args: readonly string[]): Promise<Readonly<Record<string, Area>>> {
  const { exitCode, json } = await bench.run(["cache", ...args, "--json"]);
  expect(exitCode).toBe(0);
  return Object.fromEntries((json()["areas"] as Area[]).map((area) => [area.name, area]));
}

/** Makes a file of the cache look as if nobody had used it for days. */
async function age(file: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * 24 * 3_600_000);
  await utimes(join(bench.cache, file), then, then);
}

async function addContent(text: string, days: number): Promise<string> {
  const store = await openLocalImageStore(bench.cache);
  const { digest } = await store.content.write(Buffer.from(text));
  const file = store.content.path(digest);
  await age(file.slice(bench.cache.length), days);
  return file;
}

async function addUnpacked(name: string, bytes: number, days: number): Promise<void> {
  await mkdir(join(bench.cache, "run", "images", name), { recursive: true });
  await writeFile(join(bench.cache, "run", "images", name, "file"), Buffer.alloc(bytes));
  await age(join("run", "images", name), days);
}

describe("ls", () => {
  test("says what takes how much", async () => {
    await addContent("x".repeat(5000), 3);
    await addUnpacked("a", 2000, 1);
    const found = await areas("ls");
    expect(found["images"]).toMatchObject({ items: 4 });
    expect(found["content"]).toMatchObject({ items: 1, bytes: 5000 });
    expect(found["unpacked"]).toMatchObject({ items: 1, bytes: 2000 });
    expect(found["records"]).toMatchObject({ items: 1 });
    expect(found["logs"]).toMatchObject({ items: 1 });
    const { stdout } = await bench.run(["cache", "ls"]);
    expect(stdout).toContain(`in ${bench.cache}\n`);
    expect(stdout).toMatch(/^ {2}content +1 +5 kB +3 days ago +layers/m);
  });

  test("creates nothing where nothing is", async () => {
    const cache = join(bench.folder, "none");
    expect(await bench.run(["cache", "ls", "--cache-dir", cache])).toMatchObject({ exitCode: 0 });
    for (const action of ["prune", "verify"])
      expect((await bench.run(["cache", action, "--cache-dir", cache])).exitCode).toBe(0);
    await expect(access(cache)).rejects.toThrow("ENOENT");
  });
});

describe("prune", () => {
  test("removes what was not used for long, and leaves images alone", async () => {
    const old = await addContent("old", 40);
    const fresh = await addContent("fresh", 20);
    await addUnpacked("old", 10, 40);
    await writeFile(join(bench.cache, "mine.txt"), "");
    const planned = await areas("prune", "--dry-run");
    expect(planned).toMatchObject({ content: { items: 1 }, unpacked: { items: 1 } });
    await access(old);
    expect(await areas("prune")).toEqual(planned);
    await expect(access(old)).rejects.toThrow("ENOENT");
    await access(fresh);
    await access(join(bench.cache, "mine.txt"));
    expect((await bench.run(["images", "--quiet"])).stdout).toBe(`${image}\n`);
    expect(await areas("prune", "--older-than", "2w")).toMatchObject({ content: { items: 1, bytes: 5 } });
  });

  test("goes down to a size: unpacked images first, then what was used longest ago", async () => {
    const [longest, shorter] = [await addContent("a".repeat(100_000), 9), await addContent("b".repeat(100_000), 8)];
    await addUnpacked("c", 100_000, 1);
    expect(await areas("prune", "--max-size", "250kB")).toMatchObject({
      unpacked: { items: 1 },
      content: { items: 0 },
    });
    expect(await areas("prune", "--max-size", "150kB")).toMatchObject({ content: { items: 1, bytes: 100_000 } });
    await expect(access(longest)).rejects.toThrow("ENOENT");
    await access(shorter);
    const { exitCode, stderr } = await bench.run(["cache", "prune", "--max-size", "100"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("more than the limit")]);
    expect((await bench.run(["inspect", image])).exitCode).toBe(0);
  });

  test("takes everything that no image needs with --all, and the record with its image", async () => {
    await addContent("new", 0);
    expect(await areas("prune", "--all")).toMatchObject({ content: { items: 1 } });
    await bench.run(["remove", image]);
    expect(await areas("prune", "--all")).toMatchObject({ content: { items: 4 }, records: { items: 1 } });
    expect(await areas("ls")).toMatchObject({
      images: { items: 0, bytes: 0 },
      content: { items: 0 },
      records: { items: 0 },
    });
    // The next build makes it all again.
    expect((await bench.run(["build", "--json"])).json()).toMatchObject({
      images: [{ reference: image, action: "built" }],
    });
  });

  test("removes nothing when it cannot tell what images need", async () => {
    const [name = ""] = (await readdir(join(bench.cache, "records"))).map((file) => file.replace(".json", ""));
    await truncate(join(bench.cache, "blobs", "sha256", name), 5);
    const old = await addContent("old", 40);
    expect(await bench.run(["cache", "prune"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("STORE_CORRUPT"),
    });
    await access(old);
  });
});

describe("verify", () => {
  test("is content with what is as it should be", async () => {
    expect(await bench.run(["cache", "verify"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("everything is as it should be"),
    });
    expect((await bench.run(["cache", "verify", "--json"])).json()).toMatchObject({
      type: "verification",
      exitCode: 0,
      damaged: [],
    });
  });

  test("names damaged files and the images that need them, and removes both with --repair", async () => {
    const { images } = (await bench.run(["inspect", image, "--json"])).json() as {
      images: [{ layers: [{ digest: string }] }];
    };
    const layer = join(bench.cache, "blobs", "sha256", images[0].layers[0].digest.slice(7));
    await writeFile(layer, "something else");
    const cached = await addContent("cached", 0);
    await writeFile(cached, "damage");
    const [record = ""] = await readdir(join(bench.cache, "records"));
    await writeFile(join(bench.cache, "records", record), "{");
    const { exitCode, json } = await bench.run(["cache", "verify", "--json"]);
    expect(exitCode).toBe(1);
    const damaged = json()["damaged"] as { subject: string; hint: string; repaired: boolean }[];
    expect(damaged.map(({ subject }) => subject).toSorted()).toEqual(
      [layer, cached, `docker.io/${image}`, join(bench.cache, "records", record)].toSorted(),
    );
    for (const { hint, repaired } of damaged)
      expect([hint, repaired]).toEqual([expect.stringContaining("--repair"), false]);
    await access(layer);
    const repaired = await bench.run(["cache", "verify", "--repair"]);
    expect(repaired.exitCode).toBe(0);
    expect(repaired.stdout).toContain(`removed: ${layer}\n`);
    expect(repaired.stdout).toContain(`forgotten: docker.io/${image}\n`);
    expect((await bench.run(["cache", "verify"])).exitCode).toBe(0);
    expect((await bench.run(["build", "--json"])).json()).toMatchObject({
      images: [{ reference: image, action: "built" }],
    });
  });
});

test.each([
  [["cache"]],
  [["cache", "clean"]],
  [["cache", "ls", "--repair"]],
  [["cache", "verify", "--all"]],
  [["cache", "prune", "--all", "--max-size", "1GB"]],
  [["cache", "prune", "--older-than", "soon"]],
  [["cache", "prune", "--max-size", "big"]],
])("%j is a usage error", async (args) => {
  expect(await bench.run(args)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(/CLI_USAGE\n +hint: /),
  });
});
