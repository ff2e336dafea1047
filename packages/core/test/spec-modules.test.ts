import { describe, expect, test } from "vitest";
import { loadSpecFile } from "../src/loaders/load-spec-file.ts";
import { errorOf } from "../src/testing/error-of.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";

// The brand stands in for an installed copy of the package: specs of another copy are specs.
const spec = (name: string) => `({ name: "${name}", [Symbol.for("dev.imagespec.image-spec.v1")]: [] })`;

describe("modules", () => {
  test.each([
    ["image.mjs", `export const train = ${spec("a")};\nexport const other = 5;\nexport default train;`],
    ["image.js", `export const train = ${spec("a")};`],
    ["image.ts", `interface X { a: string }\nexport const train: object = ${spec("a")};\nexport type Y = X;`],
    ["image.mts", `export const train = ${spec("a")} satisfies object;`],
  ])("%s", async (name, text) => {
    await using folder = await createSpecFolder({ [name]: text, "package.json": '{"type":"module"}' });
    const { specs } = await loadSpecFile(name, { cwd: folder.path });
    expect(specs).toHaveLength(1);
    expect(specs[0]).toMatchObject({ file: name, root: folder.path, spec: { name: "a" } });
    expect(specs[0]?.locate("name")).toBeUndefined();
  });

  test("of TypeScript may import others", async () => {
    await using folder = await createSpecFolder({
      "package.json": '{"type":"module"}',
      "shared.ts": `export const base: object = ${spec("base")};`,
      "image.ts": `export { base } from "./shared.ts";\nexport const train = ${spec("train")};`,
    });
    const { specs } = await loadSpecFile("image.ts", { cwd: folder.path });
    expect(specs.map(({ key }) => key).sort()).toEqual(["base", "train"]);
  });

  test.each([
    ["export const a = 1;", "exports no ImageSpec, only a", "export const image"],
    ["", "exports no ImageSpec", "export const image"],
    ["throw new Error('boom');", "cannot be loaded: boom", "by itself"],
    ["import 'not-installed-anywhere';", "cannot be loaded", "by itself"],
    ["export const = 1;", "cannot be loaded", "by itself"],
  ])("%j is refused", async (text, message, hint) => {
    for (const name of ["image.mjs", "image.mts"]) {
      await using folder = await createSpecFolder({ [name]: text });
      const error = await errorOf(() => loadSpecFile(name, { cwd: folder.path }));
      expect(error.code).toBe("SPEC_FILE_UNREADABLE");
      expect(error.message).toContain(message);
      expect(error.hint).toContain(hint);
    }
  });
});
