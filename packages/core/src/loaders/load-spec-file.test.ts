import { describe, expect, test } from "vitest";
import { ImageSpec } from "../spec/image-spec.ts";
import { errorOf } from "../testing/error-of.ts";
import { createSpecFolder } from "../testing/spec-folder.ts";
import { loadSpecFile } from "./load-spec-file.ts";
import { parseSpecText } from "./parse-spec-text.ts";

const yaml = (text: string) => parseSpecText(text, { file: "image.yaml", format: "yaml" });
const json = (text: string) => parseSpecText(text, { file: "image.json", format: "json" });

describe("YAML", () => {
  test("one spec, several documents, a list, anchors", () => {
    expect(yaml("packages: [numpy]\n").specs.map(({ spec, key }) => [key, spec.packages])).toEqual([["0", ["numpy"]]]);
    expect(yaml("name: a\n---\nname: b\n").specs.map(({ spec, key }) => [key, spec.name])).toEqual([
      ["document 1", "a"],
      ["document 2", "b"],
    ]);
    const list = "images:\n  - &a\n    name: a\n    env: &env { A: '1' }\n  - name: b\n    env: *env\n";
    expect(yaml(list).specs.map(({ spec, key }) => [key, spec.name, spec.env])).toEqual([
      ["images[0]", "a", { A: "1" }],
      ["images[1]", "b", { A: "1" }],
    ]);
    expect(yaml("$schema: x\nname: a\n").specs[0]?.spec.name).toBe("a");
  });

  test("an unquoted Python version is found where it stands", async () => {
    const error = await errorOf(() => yaml("name: a\npythonVersion: 3.10\n"));
    expect(error.code).toBe("SPEC_TYPE");
    expect(error.hint).toContain('"3.10"');
    expect(error.details).toMatchObject({ file: "image.yaml", line: 2, column: 16 });
  });

  test("every problem has its place", async () => {
    const error = await errorOf(() =>
      yaml("images:\n  - name: A\n  - packages:\n      - numpy\n      - pandas=1\n    apt: [x]\n"),
    );
    expect(error.details["locations"]).toEqual([
      { path: "images[0].name", file: "image.yaml", line: 2, column: 11 },
      { path: "images[1].packages[1]", file: "image.yaml", line: 5, column: 9 },
      { path: "images[1].apt", file: "image.yaml", line: 6, column: 5 },
    ]);
  });

  test.each([
    ["a: 1\na: 2\n", "unique", 2],
    ["packages: [numpy\n", "", 2],
    ["packages:\n\t- numpy\n", "", 2],
    ["a: *nowhere\n", "nowhere", 1],
  ])("%j is refused with its line", async (text, message, line) => {
    const error = await errorOf(() => yaml(text));
    expect(error.code).toBe("SPEC_FILE_UNREADABLE");
    expect(error.message.toLowerCase()).toContain(message);
    expect(error.details).toMatchObject({ file: "image.yaml", line });
  });

  test.each(["", "# nothing\n", "images: []\n"])("%j has no spec", async (text) => {
    expect((await errorOf(() => yaml(text))).message).toContain("has no spec");
  });

  test.each([
    ["- name: a\n", "SPEC_TYPE"],
    ["text\n", "SPEC_TYPE"],
    ["images: 5\n", "SPEC_FILE_UNREADABLE"],
    ["images: [{}]\nname: a\n", "SPEC_FILE_UNREADABLE"],
  ])("%j is refused", async (text, code) => {
    expect((await errorOf(() => yaml(text))).code).toBe(code);
  });

  test("an alias bomb is refused", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `l${i}: &l${i} [${Array(9)
          .fill(i === 0 ? "x" : `*l${i - 1}`)
          .join(", ")}]`,
    );
    expect((await errorOf(() => yaml(levels.join("\n")))).code).toBe("SPEC_FILE_UNREADABLE");
  });

  test("places are found for fields, also those of quoted keys and those that are missing", () => {
    const [loaded] = yaml("# top\nenv:\n  'A B': x\npackages:\n  - numpy\n").specs;
    expect(loaded?.locate('env["A B"]')).toEqual({ line: 3, column: 10, length: 1, lineText: "  'A B': x" });
    expect(loaded?.locate("packages[0]")).toMatchObject({ line: 5, column: 5, length: 5 });
    expect(loaded?.locate("packages")).toMatchObject({ line: 4, column: 1, length: 8 });
    expect(loaded?.locate("packages[7]")).toMatchObject({ line: 4, column: 1 });
    expect(loaded?.locate("")).toMatchObject({ line: 2, column: 1 });
  });
});

describe("JSON", () => {
  test("one spec, or a list", () => {
    expect(json('{"name": "a"}').specs[0]?.spec.name).toBe("a");
    expect(json('{"images": [{"name": "a"}, {"name": "b"}]}').specs).toHaveLength(2);
  });

  test("what only YAML reads is refused", async () => {
    const error = await errorOf(() => json('{\n  "name": "a",\n}'));
    expect(error.code).toBe("SPEC_FILE_UNREADABLE");
    expect(error.details).toMatchObject({ file: "image.json" });
  });

  test("a field named twice is refused", async () => {
    expect((await errorOf(() => json('{"name": "a",\n"name": "b"}'))).details).toMatchObject({ line: 2 });
  });
});

describe("files", () => {
  test("their folder is the root", async () => {
    await using folder = await createSpecFolder({ "sub/image.yml": "name: a\n" });
    const { specs } = await loadSpecFile("sub/image.yml", { cwd: folder.path });
    expect(specs[0]).toMatchObject({ file: "sub/image.yml", root: `${folder.path}/sub` });
  });

  test("that are missing, or of another kind, are refused", async () => {
    await using folder = await createSpecFolder({ "image.yaml": "" });
    const missing = await errorOf(() => loadSpecFile("imag.yaml", { cwd: folder.path }));
    expect([missing.code, missing.hint]).toEqual(["SPEC_FILE_MISSING", 'did you mean "image.yaml"?']);
    expect((await errorOf(() => loadSpecFile("image.toml", { cwd: folder.path }))).code).toBe("SPEC_FILE_UNREADABLE");
  });

  test("ImageSpec.fromFile takes the only spec, and names them when there are several", async () => {
    await using folder = await createSpecFolder({ "one.yaml": "name: a\n", "two.yaml": "name: a\n---\nname: b\n" });
    expect((await ImageSpec.fromFile(`${folder.path}/one.yaml`)).name).toBe("a");
    const error = await errorOf(() => ImageSpec.fromFile(`${folder.path}/two.yaml`));
    expect([error.code, error.hint]).toEqual(["SPEC_VALUE", expect.stringContaining("loadSpecFile")]);
  });
});
