import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import { resolveImageSpec } from "../src/spec/resolve-image-spec.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";

test("3,655 files of 125 MB are found and hashed in well under two seconds", async () => {
  await using folder = await createSpecFolder();
  const content = Buffer.alloc(34_200, "x");
  for (let index = 0; index < 3655; index++) {
    const parent = join(folder.path, "src", String(index % 60));
    if (index < 60) await mkdir(parent, { recursive: true });
    content.writeUInt32BE(index);
    await writeFile(join(parent, `${index}.py`), content);
  }
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const { source } = await resolveImageSpec(new ImageSpec({ sourceRoot: "src" }), { root: folder.path });
    times.push(performance.now() - start);
    expect(source.files).toHaveLength(3655);
  }
  // A quarter of a second on a busy machine of two cores; the limit leaves room for a busier one.
  expect(Math.min(...times)).toBeLessThan(2000);
});
