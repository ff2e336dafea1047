import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { imageId } from "../fingerprint/image-id.ts";
import { errorOf } from "../testing/error-of.ts";
import { createSpecFolder } from "../testing/spec-folder.ts";
import { ImageSpec } from "./image-spec.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { isContainer } from "./is-container.ts";
import { normalizeImageSpec } from "./normalize-image-spec.ts";
import { resolveImageSpec } from "./resolve-image-spec.ts";

/* Each test is named after a defect of another tool's image specs that users met; the issue is in the name. */

const resolve = (input: ImageSpecInput, root?: string) =>
  resolveImageSpec(new ImageSpec(input), root === undefined ? {} : { root });
const fingerprint = async (input: ImageSpecInput, root?: string) => (await resolve(input, root)).fingerprint;

describe("identity", () => {
  test("flytekit#2593: a field that is given at its default does not change identity", async () => {
    const full: ImageSpecInput = { packages: [], env: {}, bytecode: false, workdir: "/app", copy: [], secrets: [] };
    expect(await fingerprint(full)).toBe(await fingerprint({}));
    expect(imageId(new ImageSpec(full))).toBe(imageId(new ImageSpec()));
  });

  test("flytekit#3246: an edit during the build is an error, not a wrong tag", async () => {
    await using folder = await createSpecFolder({ "src/a.py": "1" });
    const { source } = await resolve({ sourceRoot: "src" }, folder.path);
    await folder.write({ "src/a.py": "2" });
    expect((await errorOf(() => source.verify())).code).toBe("SOURCE_CHANGED");
  });

  test("flytekit id: the order of env, and an empty list, mean nothing", async () => {
    expect(await fingerprint({ env: { A: "1", B: "2" } })).toBe(await fingerprint({ env: { B: "2", A: "1" } }));
    expect(await fingerprint({ packages: [] })).toBe(await fingerprint({}));
  });

  test("flytekit tag: where the image goes is not content", async () => {
    const content: ImageSpecInput = { packages: ["numpy"] };
    const elsewhere = { ...content, name: "a/b", registry: "ghcr.io", tagFormat: "x-{fingerprint}" };
    expect(await fingerprint(elsewhere)).toBe(await fingerprint(content));
  });

  test("flytekit tag: equal requirements files at two paths are equal, and included files count", async () => {
    await using folder = await createSpecFolder({
      "a.txt": "-r in.txt\n",
      "sub/b.txt": "-r ../in.txt\n",
      "in.txt": "numpy\n",
    });
    const of = (requirements: string) => fingerprint({ requirements }, folder.path);
    const before = await of("a.txt");
    expect(await of("sub/b.txt")).toBe(before);
    await folder.write({ "in.txt": "numpy==2\n" });
    expect(await of("a.txt")).not.toBe(before);
  });

  test("flytekit tag: the default base and Python are constants, not the machine's", async () => {
    expect(await resolve({})).toMatchObject({ pythonVersion: "3.12", platforms: ["linux/amd64"] });
    expect((await resolve({ registry: "localhost:5000" })).platforms).toEqual(["linux/amd64"]);
  });

  test("flytekit tag: a tag does not change when its base has been built", async () => {
    const base = new ImageSpec({ packages: ["torch"] });
    const child = new ImageSpec({ baseImage: base, packages: ["numpy"] });
    const before = await resolveImageSpec(child);
    await resolveImageSpec(base);
    expect((await resolveImageSpec(child)).tag).toBe(before.tag);
  });

  test("flytekit cached id: nothing can be changed after it was read", () => {
    const spec = new ImageSpec({ packages: ["numpy"] });
    imageId(spec);
    expect(() => Object.assign(spec, { packages: ["pandas"] })).toThrow(TypeError);
  });

  test("flytekit is_container: the id needs no file, and is the same where image and code are built apart", () => {
    const spec = new ImageSpec({
      packages: ["numpy"],
      requirements: "does-not-exist-here.txt",
    });
    const atBuild = spec.with({
      name: "acme/train",
      registry: "ghcr.io",
      builder: "buildkit",
      platform: "linux/arm64",
      sourceRoot: "nor-does-this",
    });
    const env = { IMAGESPEC_ID: imageId(atBuild) };
    expect(isContainer(spec, env)).toBe(true);
    expect(isContainer(spec.withPackages("pandas"), env)).toBe(false);
  });

  test("flyte#6518: outside of a container it is not one", () => {
    expect(isContainer(new ImageSpec(), {})).toBe(false);
  });
});

describe("files", () => {
  test("flytekit copy: entries with equal content at other places are other images", async () => {
    await using folder = await createSpecFolder({ "a/f.txt": "1", "b/f.txt": "1", "x/ab/c": "1", "y/a/bc": "1" });
    expect(await fingerprint({ copy: ["a/f.txt"] }, folder.path)).not.toBe(
      await fingerprint({ copy: ["b/f.txt"] }, folder.path),
    );
    expect(await fingerprint({ copy: ["a"] }, folder.path)).not.toBe(await fingerprint({ copy: ["b"] }, folder.path));
    expect(await fingerprint({ sourceRoot: "x" }, folder.path)).not.toBe(
      await fingerprint({ sourceRoot: "y" }, folder.path),
    );
  });

  test("flytekit copy: the exec bit counts, other mode bits do not", async () => {
    await using folder = await createSpecFolder({ "src/a": "1" });
    const file = join(folder.path, "src/a");
    const before = await fingerprint({ sourceRoot: "src" }, folder.path);
    await chmod(file, 0o600);
    expect(await fingerprint({ sourceRoot: "src" }, folder.path)).toBe(before);
    await chmod(file, 0o755);
    expect(await fingerprint({ sourceRoot: "src" }, folder.path)).not.toBe(before);
  });

  test("flytekit copy: a path that does not exist has no tag", async () => {
    await using folder = await createSpecFolder();
    expect((await errorOf(() => resolve({ copy: ["nothing"] }, folder.path))).code).toBe("SPEC_FILE_MISSING");
  });

  test("flytekit copy: the order of the file system and empty folders mean nothing", async () => {
    await using a = await createSpecFolder({ "src/b": "", "src/a": "", "src/c/d": "" });
    await using b = await createSpecFolder({ "src/c/d": "", "src/a": "", "src/b": "" });
    await mkdir(join(b.path, "src/left-over/empty"), { recursive: true });
    expect(await fingerprint({ sourceRoot: "src" }, a.path)).toBe(await fingerprint({ sourceRoot: "src" }, b.path));
  });

  test("flyte#6359: read-only source files are read like others", async () => {
    await using folder = await createSpecFolder({ "src/a": "1" });
    const before = await fingerprint({ sourceRoot: "src" }, folder.path);
    await chmod(join(folder.path, "src/a"), 0o444);
    expect(await fingerprint({ sourceRoot: "src" }, folder.path)).toBe(before);
  });

  test("flytekit source_copy_mode: source is copied in full unless asked otherwise", () => {
    expect(normalizeImageSpec(new ImageSpec({ sourceRoot: "." })).sourceCopyMode).toBe("all");
  });
});

describe("input", () => {
  const untyped = (input: unknown) => new ImageSpec(input as ImageSpecInput);

  test("flyte#5632: a string where a list belongs is refused at once", async () => {
    for (const field of [
      "packages",
      "aptPackages",
      "condaPackages",
      "commands",
      "copy",
      "entrypoint",
      "runtimePackages",
    ]) {
      const error = await errorOf(() => untyped({ [field]: "text" }));
      expect(error.code).toBe("SPEC_TYPE");
      expect(error.hint).toBe('write ["text"]');
    }
  });

  test("flytekit with_packages: a tuple loses nothing", () => {
    const tuple: readonly ["a", "b"] = ["a", "b"];
    expect(new ImageSpec().withPackages(tuple).packages).toEqual(["a", "b"]);
  });

  test("flytekit force_push: there is no flag in the spec that a copy could drop", async () => {
    expect((await errorOf(() => untyped({ forcePush: true }))).code).toBe("SPEC_UNKNOWN_FIELD");
  });

  test("flytekit names: what cannot be in a reference is refused, not folded to lower case", async () => {
    expect((await errorOf(() => untyped({ name: "localhost:30000/Fly:0.1" }))).code).toBe("SPEC_REFERENCE");
    expect((await errorOf(() => untyped({ name: "Fly" }))).hint).toBe('write "fly"');
  });

  test("flyte#6335, #5046, #3765: every index is kept, in order", () => {
    const spec = normalizeImageSpec(
      new ImageSpec({ pipIndex: "https://a.dev/s", pipExtraIndexUrl: ["https://c.dev/s", "https://b.dev/s"] }),
    );
    expect([spec.pipIndex, ...spec.pipExtraIndexUrl]).toEqual([
      "https://a.dev/s",
      "https://c.dev/s",
      "https://b.dev/s",
    ]);
  });

  test("flytekit conda: the user's channels come in the user's order, none before them", () => {
    expect(normalizeImageSpec(new ImageSpec({ condaChannels: ["nvidia", "conda-forge"] })).condaChannels).toEqual([
      "nvidia",
      "conda-forge",
    ]);
  });

  test("flytekit env: values arrive verbatim", () => {
    const env = { A: 'a b "c" $D \\ \n é', B: "" };
    expect(normalizeImageSpec(new ImageSpec({ env })).env).toEqual(env);
  });

  test("flytekit packages: nothing is added that the user did not write", async () => {
    expect((await resolve({ packages: ["numpy"] })).requirementLines).toEqual(["numpy"]);
  });
});

describe("secrets", () => {
  test("flytekit#3082: the order of secrets, and where they come from, mean nothing", async () => {
    const a = { id: "a", from: { env: "A" } } as const;
    const b = { id: "b", from: { file: "b" } } as const;
    expect(await fingerprint({ secrets: [a, b] })).toBe(
      await fingerprint({ secrets: [b, { ...a, from: { aws: "x" } }] }),
    );
  });

  test("cog#1009: a changed secret reruns its steps by an explicit word", async () => {
    const of = (cacheBust: string) => fingerprint({ secrets: [{ id: "a", from: { env: "A" }, cacheBust }] });
    expect(await of("1")).not.toBe(await of("2"));
  });

  test("kitaru#180: keys in index URLs leak into nothing", async () => {
    const spec = await resolve({ pipIndex: "https://user:hunter22@pypi.acme.dev/simple" });
    expect(JSON.stringify(spec)).not.toContain("hunter22");
    expect(spec.fingerprint).toBe(await fingerprint({ pipIndex: "https://pypi.acme.dev/simple" }));
  });
});

test("Flyte 2 layers: one value in other fields, or split otherwise, is another image", async () => {
  const specs: ImageSpecInput[] = [
    { aptPackages: ["xx"] },
    { packages: ["xx"] },
    { commands: ["xx"] },
    { workdir: "/xx" },
    { packages: ["ab", "c"] },
    { packages: ["a", "bc"] },
    { env: { A: "1", B: "2" } },
    { env: { A: "1 B=2" } },
    { platform: "linux/arm64" },
    { pythonVersion: "3.11" },
  ];
  const fingerprints = await Promise.all(specs.map((spec) => fingerprint(spec)));
  expect(new Set(fingerprints).size).toBe(specs.length);
});
