import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/train", sourceRoot: "src", packages: ["six"] });

async function writeSource(folder: string): Promise<string> {
  const source = join(folder, "src");
  await mkdir(source);
  await writeFile(join(source, "a.py"), "one");
  await writeFile(join(source, "b.py"), "two");
  return source;
}

describe("source that changes during the build", () => {
  const edits: Readonly<Record<string, (source: string) => Promise<void>>> = {
    "is edited": (source) => writeFile(join(source, "a.py"), "other"),
    "is edited to the same size": (source) => writeFile(join(source, "a.py"), "eno"),
    "gets a file more": (source) => writeFile(join(source, "c.py"), "three"),
    "loses a file": (source) => rm(join(source, "b.py")),
  };

  it.each(Object.keys(edits))("gets no tag, in any output, when it %s after it was read", async (name) => {
    for (const kind of ["registry", "local-store"] as const) {
      for (const platform of ["linux/amd64", ["linux/amd64", "linux/arm64"]]) {
        await using bench = await testBench();
        const source = await writeSource(bench.folder);
        const fake = fakeBuilder();
        // The edit comes when the builder has read everything and before it returns.
        const { builder } = fake;
        const editing = {
          ...builder,
          build: async (...args: Parameters<typeof builder.build>) => {
            const outcome = await builder.build(...args);
            await edits[name]!(source);
            return outcome;
          },
        };
        const engine = bench.engine([editing], { concurrency: 1 });
        const options = { output: kind, root: bench.folder, registry: bench.registry, platform };
        const error = await failureOf(engine.build(spec, options));
        expect(error.code).toBe("SOURCE_CHANGED");
        const tags = await bench.client.tags({ registry: bench.registry, repository: "acme/train" }).catch(() => []);
        expect(tags).toEqual([]);
        const store = fake.calls[0]!.request.store;
        expect((await store.list()).filter((entry) => entry.name !== undefined)).toEqual([]);
      }
    }
  });

  it("leaves what a constant tag held before", async () => {
    await using bench = await testBench();
    const source = await writeSource(bench.folder);
    const fake = fakeBuilder({
      during: async (asked) => {
        if (asked.packages.length > 1) await writeFile(join(source, "a.py"), "other");
      },
    });
    const engine = bench.engine([fake.builder]);
    const options = { root: bench.folder, registry: bench.registry, tagFormat: "latest" };
    const before = await engine.build(spec, options);
    const error = await failureOf(engine.build(spec.withPackages("seven"), options));
    expect(error.code).toBe("SOURCE_CHANGED");
    const repository = bench.client.repository({ registry: bench.registry, repository: "acme/train" });
    expect((await repository.headManifest({ tag: "latest" }))?.digest).toBe(before.digest);
  });
});

describe("source", () => {
  it("moves the tag when its content changes and not when it is touched", async () => {
    await using bench = await testBench();
    const source = await writeSource(bench.folder);
    const engine = bench.engine([fakeBuilder().builder]);
    const options = { root: bench.folder };
    const first = await engine.build(spec, options);
    await writeFile(join(source, "a.py"), "one");
    expect(await engine.build(spec, options)).toMatchObject({ action: "exists", tag: first.tag });
    await writeFile(join(source, "a.py"), "edited");
    const second = await engine.build(spec, options);
    expect(second.action).toBe("built");
    expect(second.tag).not.toBe(first.tag);
  });
});
