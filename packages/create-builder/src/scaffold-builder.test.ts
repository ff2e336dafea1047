import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scaffoldBuilder } from "./scaffold-builder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "create-builder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (file: string) => readFile(path.join(folder, file), "utf8");

describe("scaffoldBuilder", () => {
  test("writes a repository with every name filled in", async () => {
    const files = await scaffoldBuilder({ name: "@acme/my-farm", folder });
    expect(files).toEqual(
      expect.arrayContaining([
        ".changeset/config.json",
        ".changeset/first-release.md",
        ".github/workflows/ci.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "package.json",
        "src/availability.ts",
        "src/index.ts",
        "src/my-farm.ts",
        "src/register.ts",
        "test/conformance.test.ts",
      ]),
    );
    for (const file of files) expect(`${file}\n${await read(file)}`).not.toMatch(/__[a-zA-Z]+__/);
    expect(JSON.parse(await read("package.json"))).toMatchObject({
      name: "@acme/imagespec-builder-my-farm",
      description: "Builds images with my-farm",
      imagespec: { contract: 1, builders: { "my-farm": "myFarm" } },
    });
    const { dependencies, devDependencies } = JSON.parse(await read("package.json"));
    // "latest" stands for one whose version is not known.
    expect(Object.values({ ...dependencies, ...devDependencies })).not.toContain("latest");
    expect(await read("src/index.ts")).toBe('export { myFarm, type MyFarmOptions } from "./my-farm.ts";\n');
  });

  test("a description with quotes and line breaks stays one sentence in valid files", async () => {
    await scaffoldBuilder({ name: "slurm", folder, description: 'Builds "big"\nimages \\ fast' });
    expect(JSON.parse(await read("package.json"))).toMatchObject({ description: "Builds  big images   fast" });
  });

  test("refuses a folder that holds something, and leaves it as it is", async () => {
    await writeFile(path.join(folder, "notes.txt"), "mine");
    await expect(scaffoldBuilder({ name: "slurm", folder })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('"notes.txt"'),
    });
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("takes the fresh clone of an empty repository, and a folder that is not there yet", async () => {
    await mkdir(path.join(folder, ".git"));
    await scaffoldBuilder({ name: "slurm", folder });
    const files = await scaffoldBuilder({ name: "slurm", folder: path.join(folder, "deep", "er") });
    expect(files).toContain("package.json");
  });

  test("refuses a name before anything is written", async () => {
    const target = path.join(folder, "new");
    await expect(scaffoldBuilder({ name: "No Name", folder: target })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(readdir(target)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
