import { describe, expect, test } from "vitest";
import { formatLock } from "../lock/format-lock.ts";
import { lockInputs } from "../lock/lock-inputs.ts";
import { lockFileName } from "../lock/own-lock.ts";
import { errorOf } from "../testing/error-of.ts";
import { createSpecFolder } from "../testing/spec-folder.ts";
import { ImageSpec } from "./image-spec.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { type ResolveOptions, resolveImageSpec } from "./resolve-image-spec.ts";

const resolve = (input: ImageSpecInput, options: ResolveOptions = {}) =>
  resolveImageSpec(new ImageSpec(input), options);
const digest = `sha256:${"a".repeat(64)}`;

test("a resolved spec is frozen all the way down and keeps every field", async () => {
  const spec = await resolve({ packages: ["numpy"], env: { A: "1" }, baseImage: { debian: "trixie" } });
  expect(Object.isFrozen(spec) && Object.isFrozen(spec.env) && Object.isFrozen(spec.resolvedBase)).toBe(true);
  expect(spec).toMatchObject({ contract: 1, requirementLines: ["numpy"], root: process.cwd(), contentOptions: {} });
});

describe("requirements files", () => {
  test("are read with everything they include, relative to the file that includes", async () => {
    await using folder = await createSpecFolder({
      "deps/all.txt": "-r more/one.txt\n-c ../constraints.txt\nnumpy\n--extra-index-url https://x.dev/simple/\n--pre\n",
      "deps/more/one.txt": "-r ../all.txt\npandas\n",
      "constraints.txt": "numpy<3\n-r deps/limits.txt\n",
      "deps/limits.txt": "pandas<4\n",
    });
    const spec = await resolve({ packages: ["rich"], requirements: "deps/all.txt" }, { root: folder.path });
    expect(spec.requirementLines).toEqual(["rich", "pandas", "numpy"]);
    expect(spec.constraintLines).toEqual(["numpy<3", "pandas<4"]);
    expect(spec.requirementFiles.map(({ path }) => path)).toEqual([
      "deps/all.txt",
      "deps/more/one.txt",
      "constraints.txt",
      "deps/limits.txt",
    ]);
    expect(spec.pipExtraIndexUrl).toEqual(["https://x.dev/simple"]);
    expect(spec.pipExtraArgs).toEqual(["--pre"]);
  });

  test("with a hash on every line do not float", async () => {
    await using folder = await createSpecFolder({ "r.txt": `numpy==2.1.0 --hash=${digest}\n` });
    const base = { baseImage: `ubuntu@${digest}`, requirements: "r.txt" };
    expect((await resolve(base, { root: folder.path })).tag).toMatch(/^v1-/);
    await folder.write({ "r.txt": `numpy==2.1.0 --hash=${digest}\npandas\n` });
    expect((await resolve(base, { root: folder.path })).floating).toEqual(["requirements"]);
  });

  test.each<[string, string, string]>([
    ["missing.txt", "SPEC_FILE_MISSING", 'did you mean "r.txt"?'],
    ["rr.txt", "SPEC_FILE_MISSING", 'did you mean "r.txt"?'],
  ])("%s is missing", async (requirements, code, hint) => {
    await using folder = await createSpecFolder({ "r.txt": "" });
    const error = await errorOf(() => resolve({ requirements }, { root: folder.path }));
    expect(error.code).toBe(code);
    if (requirements === "rr.txt") expect(error.hint).toBe(hint);
  });

  test.each<[string, string, string]>([
    ["--index-url https://user:hunter22@x.dev/simple", "SPEC_REQUIREMENT", "has credentials"],
    ["-r /etc/requirements.txt", "SPEC_PATH_OUTSIDE", "absolute"],
    ["-r https://x.dev/r.txt", "SPEC_REQUIREMENT", "is a URL"],
    ["-i https://a.dev\n-i https://b.dev", "SPEC_CONFLICT", "second index"],
  ])("with %j are refused", async (text, code, message) => {
    await using folder = await createSpecFolder({ "r.txt": text });
    const error = await errorOf(() => resolve({ requirements: "r.txt" }, { root: folder.path }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(JSON.stringify(error)).not.toContain("hunter22");
  });

  test("that name another index than the spec are a conflict", async () => {
    await using folder = await createSpecFolder({ "r.txt": "-i https://a.dev/simple/\nnumpy" });
    const of = (pipIndex: string) => resolve({ requirements: "r.txt", pipIndex }, { root: folder.path });
    expect((await of("https://a.dev/simple")).pipIndex).toBe("https://a.dev/simple");
    expect((await errorOf(() => of("https://b.dev/simple"))).code).toBe("SPEC_CONFLICT");
  });

  test("that are not UTF-8 are refused", async () => {
    await using folder = await createSpecFolder();
    const { writeFile } = await import("node:fs/promises");
    await writeFile(`${folder.path}/r.txt`, Buffer.from([0x6e, 0xff]));
    expect((await errorOf(() => resolve({ requirements: "r.txt" }, { root: folder.path }))).code).toBe(
      "SPEC_FILE_UNREADABLE",
    );
  });
});

describe("project locks", () => {
  test("need their pyproject.toml", async () => {
    await using folder = await createSpecFolder({
      "uv.lock": 'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n',
    });
    const error = await errorOf(() => resolve({ requirements: "uv.lock" }, { root: folder.path }));
    expect([error.code, error.message]).toEqual(["SPEC_FILE_MISSING", 'requirements: "pyproject.toml" does not exist']);
    await folder.write({ "pyproject.toml": '[project]\nname = "a"\n' });
    const spec = await resolve({ requirements: "uv.lock", baseImage: `ubuntu@${digest}` }, { root: folder.path });
    expect(spec.requirementFiles.map(({ path }) => path)).toEqual(["uv.lock", "pyproject.toml"]);
    expect(spec.tag).toMatch(/^v1-/);
  });
});

describe("the spec's own lock", () => {
  const input: ImageSpecInput = { name: "acme/train", packages: ["numpy"], baseImage: "ubuntu:24.04" };
  const wheel = { filename: "numpy.whl", url: "https://x.dev/numpy.whl", size: 9, sha256: "b".repeat(64) };
  const numpy = { name: "numpy", version: "2.1.0", wheel };

  async function lockText(spec: ImageSpecInput, platforms: readonly string[] = ["linux/amd64"]): Promise<string> {
    return formatLock({
      title: "acme/train",
      platforms: platforms.map((platform) => ({ platform, distributions: [numpy], baseLock: undefined })),
      inputs: lockInputs(await resolve(spec, { lockFile: null })),
      baseDigest: digest,
      python: "3.12.4",
      libc: "glibc 2.36",
    });
  }

  test("is found beside the spec by its name, pins everything, and is in the fingerprint", async () => {
    expect(lockFileName("acme/train")).toBe("pylock.acme-train.toml");
    await using folder = await createSpecFolder({ "pylock.acme-train.toml": await lockText(input) });
    const locked = await resolve(input, { root: folder.path, locked: true });
    expect(locked.tag).toMatch(/^v1-/);
    expect(locked.resolvedBase).toEqual({ kind: "reference", reference: "docker.io/library/ubuntu:24.04", digest });
    expect(locked.lock?.own).toMatchObject({ python: "3.12.4", baseDigest: digest });
    expect((await resolve(input, { root: folder.path, lockFile: null })).tag).toMatch(/^u1-/);
    expect((await resolve({ ...input, env: { A: "1" } }, { root: folder.path })).tag).toMatch(/^v1-/);
  });

  test("that is stale says which inputs changed", async () => {
    await using folder = await createSpecFolder({ "pylock.acme-train.toml": await lockText(input) });
    const error = await errorOf(() =>
      resolve({ ...input, packages: ["numpy", "pandas"], pythonVersion: "3.11" }, { root: folder.path }),
    );
    expect(error.code).toBe("LOCK_STALE");
    expect(error.message).toBe(
      '"pylock.acme-train.toml" is stale: packages: "pandas" was added; pythonVersion: "3.11" was added',
    );
    expect(error.hint).toBe('run "imagespec lock"');
    expect(error.problems.map(({ path }) => path)).toEqual(["packages[1]", "pythonVersion"]);
  });

  test("is handed on with its text, for the resolver", async () => {
    const text = await lockText(input);
    await using folder = await createSpecFolder({ "pylock.acme-train.toml": text });
    const { requirementFiles } = await resolve(input, { root: folder.path });
    expect(requirementFiles).toMatchObject([{ path: "pylock.acme-train.toml", text }]);
  });

  test("covers platforms: a new one makes it stale, one less does not, and each keeps its own fingerprint", async () => {
    const both = { ...input, platform: ["linux/amd64", "linux/arm64"] };
    await using folder = await createSpecFolder({ "pylock.acme-train.toml": await lockText(input) });
    const error = await errorOf(() => resolve(both, { root: folder.path }));
    expect(error.message).toBe('"pylock.acme-train.toml" is stale: platform: "linux/arm64" was added');
    expect(error.hint).toContain("after adding linux/arm64 to platform");
    const one = await resolve(input, { root: folder.path });
    await folder.write({ "pylock.acme-train.toml": await lockText(input, both.platform) });
    const wider = await resolve(both, { root: folder.path });
    expect(wider.platformFingerprints["linux/amd64"]).toBe(one.fingerprint);
    expect((await resolve(input, { root: folder.path })).tag).toBe(one.tag);
  });

  test("is named after what it is told, wherever the image goes", async () => {
    await using folder = await createSpecFolder({ "pylock.acme-train.toml": await lockText(input) });
    const elsewhere = { ...input, name: "other/place" };
    expect((await resolve(elsewhere, { root: folder.path })).lock).toBeUndefined();
    expect((await resolve(elsewhere, { root: folder.path, lockName: "acme/train" })).tag).toMatch(/^v1-/);
  });

  test("wins over the lock of a project that it was made from", async () => {
    const project = { ...input, packages: [], requirements: "pylock.toml" };
    const plain = `lock-version = "1.0"\n[[packages]]\nname = "numpy"\nversion = "2.1.0"\n`;
    await using folder = await createSpecFolder({ "pylock.toml": plain });
    const unlocked = await resolve(project, { root: folder.path });
    const own = formatLock({
      title: "acme/train",
      platforms: [{ platform: "linux/amd64", distributions: [numpy], baseLock: undefined }],
      inputs: lockInputs({ ...unlocked, projectLock: unlocked.lock }),
      baseDigest: digest,
      python: undefined,
      libc: undefined,
    });
    await folder.write({ "pylock.acme-train.toml": own });
    const locked = await resolve(project, { root: folder.path });
    expect([unlocked.tag.slice(0, 2), locked.tag.slice(0, 2)]).toEqual(["u1", "v1"]);
    await folder.write({ "pylock.toml": plain.replace("2.1.0", "2.2.0") });
    const error = await errorOf(() => resolve(project, { root: folder.path }));
    expect([error.code, error.problems[0]?.path]).toEqual(["LOCK_STALE", "requirements"]);
  });

  test("must exist when it is asked for", async () => {
    await using folder = await createSpecFolder();
    expect((await errorOf(() => resolve(input, { root: folder.path, locked: true }))).code).toBe("LOCK_MISSING");
    expect((await errorOf(() => resolve(input, { root: folder.path, lockFile: "pylock.x.toml" }))).code).toBe(
      "SPEC_FILE_MISSING",
    );
    await folder.write({ "pylock.acme-train.toml": 'lock-version = "1.0"' });
    expect((await errorOf(() => resolve(input, { root: folder.path }))).code).toBe("LOCK_INVALID");
  });
});

describe("bases", () => {
  test("of Debian have another fingerprint when they are locked, and nothing floats", async () => {
    const input: ImageSpecInput = { name: "acme/train", baseImage: { debian: "trixie" } };
    const open = await resolve(input, { lockFile: null });
    const lockOf = (version: string) =>
      formatLock({
        title: "acme/train",
        platforms: [
          {
            platform: "linux/amd64",
            distributions: [],
            baseLock: { suite: "trixie", packages: [{ name: "libc6", version, size: 12 }] },
          },
        ],
        inputs: lockInputs(open),
        baseDigest: undefined,
        python: "3.13.5",
        libc: "glibc 2.41",
      });
    const locked = async (version: string) => {
      await using folder = await createSpecFolder({ "pylock.acme-train.toml": lockOf(version) });
      const { tag, resolvedBase } = await resolve(input, { root: folder.path });
      return { tag, base: resolvedBase.kind === "image" ? resolvedBase.image : undefined };
    };
    const [one, two] = [await locked("2.41-12"), await locked("2.41-13")];
    expect([open.tag, one.tag, one.base?.tag].map((tag) => tag?.slice(0, 2))).toEqual(["u1", "v1", "v1"]);
    expect(one.base?.resolvedBase).toMatchObject({ lock: { "linux/amd64": { packages: [{ size: 12 }] } } });
    expect(one.base?.fingerprint).not.toBe(two.base?.fingerprint);
    expect(one.tag).not.toBe(two.tag);
  });

  test("of Debian are an image of their own, with nothing of the child", async () => {
    const spec = await resolve({
      name: "acme/train",
      registry: "ghcr.io",
      builder: "buildkit",
      baseImage: { debian: "trixie" },
      packages: ["numpy"],
      platform: ["linux/arm64", "linux/amd64"],
    });
    expect(spec.resolvedBase).toMatchObject({
      kind: "image",
      image: {
        name: "acme/train-base",
        registry: "ghcr.io",
        builder: undefined,
        platforms: ["linux/amd64", "linux/arm64"],
        pythonVersion: "3.13",
        packages: [],
        resolvedBase: { kind: "debian", suite: "trixie" },
      },
    });
  });

  test("that are specs inherit where they go, never who builds them, and equal ones are equal", async () => {
    const base = new ImageSpec({ packages: ["torch"] });
    const of = (child: ImageSpecInput) => resolve({ ...child, baseImage: base });
    const a = await of({ name: "a", registry: "ghcr.io", builder: "buildkit", packages: ["x"] });
    const b = await of({ name: "b", registry: "ghcr.io", packages: ["y"] });
    if (a.resolvedBase.kind !== "image" || b.resolvedBase.kind !== "image") throw new Error("not an image");
    expect(a.resolvedBase.image).toMatchObject({ name: "a-base", registry: "ghcr.io", builder: undefined });
    expect(a.resolvedBase.image.fingerprint).toBe(b.resolvedBase.image.fingerprint);
    expect(a.fingerprint).not.toBe(b.fingerprint);
  });

  test("in an OCI layout that does not exist are missing", async () => {
    await using folder = await createSpecFolder();
    const error = await errorOf(() => resolve({ baseImage: "oci-layout:images" }, { root: folder.path }));
    expect(error.code).toBe("SPEC_FILE_MISSING");
  });
});

test("an aborted signal stops it", async () => {
  expect((await errorOf(() => resolve({}, { signal: AbortSignal.abort() }))).code).toBe("ABORTED");
});

describe("a base in an OCI layout", () => {
  const image = (letter: string, name?: string) => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: `sha256:${letter.repeat(64)}`,
    size: 2,
    ...(name === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": name } }),
  });
  const layout = (...manifests: readonly object[]) => ({
    "images/oci-layout": '{"imageLayoutVersion":"1.0.0"}',
    "images/index.json": JSON.stringify({ schemaVersion: 2, manifests }),
  });

  test("counts by the digest of the image, and nothing floats", async () => {
    await using folder = await createSpecFolder(layout(image("b", "app:1"), image("c", "app:2")));
    const spec = await resolve({ baseImage: "oci-layout:images:app:2" }, { root: folder.path });
    expect(spec.resolvedBase).toEqual({
      kind: "oci-layout",
      path: `${folder.path}/images`,
      name: "app:2",
      digest: `sha256:${"c".repeat(64)}`,
    });
    expect(spec.tag).toMatch(/^v1-/);
  });

  test("needs a name when there are several images, and one that is there", async () => {
    await using folder = await createSpecFolder(layout(image("b", "app:1"), image("c", "app:2")));
    for (const baseImage of ["oci-layout:images", "oci-layout:images:app:3"]) {
      const error = await errorOf(() => resolve({ baseImage }, { root: folder.path }));
      expect([error.code, error.hint]).toEqual([
        "IMAGE_NOT_FOUND",
        'write "oci-layout:images:<name>" with one of app:1, app:2',
      ]);
    }
  });
});
