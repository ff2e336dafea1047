import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSpecText } from "@imagespec/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findSpecFile } from "./find-spec-file.ts";
import { formatFirstSpec } from "./first-spec.ts";
import { inspectProject } from "./inspect-project.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-specs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text = "") => writeFile(join(folder, name), text);

describe("the spec file of a folder", () => {
  test.each(["image.yaml", "imagespec.yaml", "train.image.yaml", "image.yml"])("%s", async (name) => {
    await write(name);
    await write("docker-compose.yaml");
    await write("imagespec.config.yaml");
    expect(await findSpecFile(folder)).toBe(name);
  });

  test("none", async () => {
    await expect(findSpecFile(folder)).rejects.toMatchObject({
      code: "SPEC_FILE_MISSING",
      hint: expect.stringContaining("init"),
    });
  });

  test("several", async () => {
    await write("b.image.yaml");
    await write("a.image.yaml");
    await expect(findSpecFile(folder)).rejects.toMatchObject({
      hint: "name one or several of a.image.yaml, b.image.yaml",
    });
  });
});

describe("a first spec", () => {
  const draft = async () => {
    const facts = await inspectProject(folder);
    const spec = parseSpecText(formatFirstSpec(facts), { file: "image.yaml", format: "yaml" }).specs[0]?.spec;
    return { facts, spec: spec?.toJSON() };
  };

  test("of a project with everything", async () => {
    await write(
      "pyproject.toml",
      '[build-system]\nname = "no"\n\n[project]\nname = "Acme_Train"\nrequires-python = ">=3.11"\n\n[tool.x]\nname = "no"\n',
    );
    await write("uv.lock");
    await write("requirements.txt");
    await mkdir(join(folder, "src", "train"), { recursive: true });
    await write("src/train/__main__.py");
    expect((await draft()).spec).toEqual({
      name: "acme-train",
      pythonVersion: "3.11",
      requirements: "uv.lock",
      sourceRoot: "src",
      entrypoint: ["python", "-m", "train"],
    });
  });

  test("of an empty folder", async () => {
    const { spec } = await draft();
    expect(spec).toMatchObject({ pythonVersion: "3.12", packages: [] });
    expect(spec?.name).toMatch(/^imagespec-specs-[a-z0-9-]+$/);
  });

  test("takes the Python of .python-version, and no old one of requires-python", async () => {
    await write("pyproject.toml", '[project]\nrequires-python = ">=3.7"\n');
    expect((await draft()).facts.python).toBe("3.12");
    await write(".python-version", "3.13.2\n");
    expect((await draft()).facts.python).toBe("3.13");
  });
});
