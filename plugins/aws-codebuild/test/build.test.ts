import { expect, test } from "vitest";
import { testBench } from "./support/test-bench.ts";

test("builds, pushes by a tag of its own, and leaves the engine's alone", async (context) => {
  await using bench = await testBench(context);
  await bench.write({ "src/main.py": "print('hello')\n" });
  const name = bench.newName();
  const result = await bench.build({
    name,
    baseImage: bench.base,
    packages: ["alpha"],
    pipIndex: bench.index,
    commands: ["echo made > /made"],
    sourceRoot: "src",
  });
  expect(result).toMatchObject({ builder: "aws-codebuild", action: "built" });
  const descriptor = await bench.client.repository({ registry: bench.fake.registry, repository: name }).headManifest({
    tag: result.tag,
  });
  expect(descriptor?.digest).toBe(result.digest);
  expect(await bench.leftTags(name)).toEqual([]);
  expect(await bench.run(result.reference, "python", "-c", "import alpha, main")).toBe("hello\n");
  expect(await bench.run(result.reference, "cat", "/made")).toBe("made\n");
});
