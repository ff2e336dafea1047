import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import { resolveImageSpec } from "../src/spec/resolve-image-spec.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";

test("3,655 files of 125 MB are found and hashed", async () => {
  await using folder = await createSpecFolder();
  const content = Buffer.alloc(34_200, "x");
  for (let index = 0; index < 3655; index++) {
    const parent = join(folder.path, "src", String(index % 60));
    if (index < 60) await mkdir(parent, { recursive: true });
    content.writeUInt32BE(index);
    await writeFile(join(parent, `${index}.py`), content);
  }
  const { source } = await resolveImageSpec(new ImageSpec({ sourceRoot: "src" }), { root: folder.path });
  expect(source.files).toHaveLength(3655);
  expect(new Set(source.files.map(({ digest }) => digest)).size).toBe(3655);
});
