import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpec, type ResolvedImageSpec, resolveImageSpec, type TargetEnvironment } from "@imagespec/core";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createUvResolver, detectUvSettings } from "../src/index.ts";

const target: TargetEnvironment = {
  platform: "linux/amd64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "uv-resolver-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function options() {
  return { secret: async () => "", signal: new AbortController().signal };
}

function resolverAlone(env: Readonly<Record<string, string>> = {}) {
  // No PATH: no uv and no Python of the machine can help.
  const settings = detectUvSettings(
    { ...env, PATH: "", HOME: folder, SSL_CERT_FILE: process.env["SSL_CERT_FILE"] },
    folder,
  );
  return createUvResolver({ cacheFolder: path.join(folder, "cache"), settings });
}

async function resolved(input: ConstructorParameters<typeof ImageSpec>[0]): Promise<ResolvedImageSpec> {
  return resolveImageSpec(new ImageSpec(input), { root: folder });
}

describe("createUvResolver", () => {
  test("on a machine without uv and Python: fetches uv, resolves real packages to wheels of the target", async () => {
    const { distributions, pylock } = await resolverAlone().resolve(
      await resolved({ packages: ["numpy>=2", "requests[socks]"] }),
      target,
      options(),
    );
    const names = distributions.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["certifi", "idna", "numpy", "pysocks", "requests", "urllib3"]));
    expect(distributions.find(({ name }) => name === "numpy")?.wheel?.filename).toMatch(
      /-cp312-cp312-manylinux.*x86_64\.whl$/,
    );
    expect(distributions.every(({ wheel }) => /^[0-9a-f]{64}$/.test(wheel?.sha256 ?? ""))).toBe(true);
    expect(pylock).toContain('lock-version = "1.0"');
  });

  test("the target's Python, platform and C library decide, not the host's", async () => {
    const spec = await resolved({ packages: ["numpy==2.2.6"] });
    const wheelFor = async (other: TargetEnvironment) =>
      (await resolverAlone().resolve(spec, other, options())).distributions[0]?.wheel?.filename;
    expect(
      await wheelFor({ platform: "linux/arm64", pythonVersion: "3.11.2", libc: { kind: "glibc", version: "2.36" } }),
    ).toMatch(/cp311-manylinux.*aarch64/);
    expect(await wheelFor({ ...target, libc: { kind: "musl", version: "1.2" } })).toMatch(/cp312-musllinux.*x86_64/);
  });

  test("takes the environment's index with its login, and never puts the login where others see it", async () => {
    const demo = makeWheel({ name: "demo", version: "1.0", requires: ["other>=1"] });
    const other = makeWheel({ name: "other", version: "1.5" });
    await using index = await serveIndex([demo, other], { login: "ada:secret-of-ada" });
    const url = index.url.replace("http://", "http://ada:secret-of-ada@");
    const { distributions, pylock } = await resolverAlone({ PIP_INDEX_URL: url }).resolve(
      await resolved({ packages: ["demo"] }),
      target,
      options(),
    );
    expect(distributions.map(({ name, version }) => `${name} ${version}`)).toEqual(["demo 1.0", "other 1.5"]);
    expect(JSON.stringify(distributions) + pylock).not.toContain("secret-of-ada");
  });

  test("an index that wants a login, and one that is not there", async () => {
    await using index = await serveIndex([makeWheel({ name: "demo", version: "1.0" })], { login: "ada:secret-of-ada" });
    const resolve = async (url: string) =>
      resolverAlone({ UV_HTTP_RETRIES: "0" }).resolve(
        await resolved({ packages: ["demo"], pipIndex: url }),
        target,
        options(),
      );
    await expect(resolve(index.url)).rejects.toMatchObject({ code: "INDEX_AUTH" });
    await expect(resolve("http://127.0.0.1:1/simple")).rejects.toMatchObject({ code: "INDEX_DOWN" });
  });

  test("a package that does not exist, a version that does not, a contradiction", async () => {
    await using index = await serveIndex([
      makeWheel({ name: "demo", version: "1.0", requires: ["other>=2"] }),
      makeWheel({ name: "other", version: "2.0" }),
      makeWheel({ name: "other", version: "1.0" }),
    ]);
    const failure = async (...packages: string[]) =>
      resolverAlone().resolve(await resolved({ packages, pipIndex: index.url }), target, options());
    await expect(failure("pandaz")).rejects.toMatchObject({
      code: "SPEC_PACKAGE_NOT_FOUND",
      problems: [{ path: "packages[0]" }],
      hint: 'did you mean "pandas"?',
    });
    await expect(failure("demo==3.0")).rejects.toMatchObject({ code: "SPEC_VERSION_NOT_FOUND" });
    await expect(failure("demo", "other<2")).rejects.toMatchObject({ code: "SPEC_UNSOLVABLE" });
  });

  test("stops uv when aborted", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      resolverAlone().resolve(await resolved({ packages: ["numpy"] }), target, {
        ...options(),
        signal: controller.signal,
      }),
    ).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("leaves no working folder behind", async () => {
    const { readdir } = await import("node:fs/promises");
    expect(await readdir(path.join(folder, "cache", "partial"))).toEqual([]);
  });

  test("refuses a configured uv that does not run", async () => {
    await mkdir(path.join(folder, "bin"), { recursive: true });
    await writeFile(path.join(folder, "bin", "uv"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    await symlink(path.join(folder, "bin", "uv"), path.join(folder, "bin", "link"));
    await expect(
      resolverAlone({ IMAGESPEC_UV: path.join(folder, "bin", "link") }).resolve(
        await resolved({ packages: ["numpy"] }),
        target,
        options(),
      ),
    ).rejects.toMatchObject({ code: "RESOLVER_UNAVAILABLE" });
  });
});
