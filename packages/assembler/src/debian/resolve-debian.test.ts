import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createFakeArchive, type FakeDebianArchive } from "../../test/support/debian-archive.ts";
import type { FixturePackage } from "../../test/support/debian-fixtures.ts";
import { parseDebianLock } from "./debian-lock.ts";
import { type DebianRequest, resolveDebian } from "./resolve-debian.ts";
import { debianRoots } from "./root-set.ts";

const roots: readonly FixturePackage[] = debianRoots("trixie", "b").map((name) => ({ name, version: "2.41-1" }));

let archive: FakeDebianArchive;
beforeAll(async () => {
  archive = await createFakeArchive();
});
afterAll(() => archive[Symbol.asyncDispose]());
beforeEach(async () => {
  archive.files.clear();
  archive.requests.length = 0;
  await archive.publish(roots);
});

const request = (more: Partial<DebianRequest> = {}): DebianRequest => ({
  suite: "trixie",
  architecture: "amd64",
  keys: archive.keys,
  ...more,
});

describe("resolveDebian", () => {
  it("locks the closure of the set", async () => {
    const lock = await resolveDebian(request(), archive.env);
    expect(lock.packages.map(({ name }) => name)).toEqual([...lock.roots]);
    expect(lock.indexes.map(({ suite }) => suite)).toEqual(["trixie", "trixie-updates", "trixie-security"]);
    expect(lock.packages[0]).toMatchObject({
      area: "main",
      path: expect.stringMatching(/^pool\/main\/b\/base-files\//),
    });
    expect(parseDebianLock(JSON.parse(JSON.stringify(lock)))).toEqual(lock);
  });

  it("adds packages that are asked for", async () => {
    await archive.publish([...roots, { name: "curl", fields: { Depends: "libcurl4" } }, { name: "libcurl4" }]);
    const lock = await resolveDebian(request({ extraRoots: ["curl"] }), archive.env);
    expect(lock.packages.map(({ name }) => name)).toEqual(expect.arrayContaining(["curl", "libcurl4"]));
    await expect(resolveDebian(request({ extraRoots: ["crul"] }), archive.env)).rejects.toMatchObject({
      code: "DEBIAN_PACKAGE_NOT_FOUND",
      hint: expect.stringContaining('"curl"'),
    });
  });

  it("asks by digest first and by name where the archive has no such folder", async () => {
    archive.files.clear();
    await archive.publish([...roots, { name: "other" }], { byHash: false });
    await resolveDebian(request(), archive.env);
    const asked = archive.requests.filter((url) => url.includes("/debian/dists/trixie/main/"));
    expect(asked.map((url) => url.replace(/[0-9a-f]{64}/, "…"))).toEqual([
      "http://archive.test/debian/dists/trixie/main/binary-amd64/by-hash/SHA256/…",
      "http://archive.test/debian/dists/trixie/main/binary-amd64/Packages.xz",
    ]);
  });

  it("refuses a package index that is not the signed one", async () => {
    await archive.publish([...roots, { name: "evil" }]);
    for (const url of archive.files.keys()) {
      if (url.includes("/debian/dists/trixie/main/")) archive.files.set(url, Buffer.from("evil"));
    }
    await expect(resolveDebian(request(), archive.env)).rejects.toMatchObject({ code: "DEBIAN_INDEX" });
  });

  it("does not trust Debian's keys for this archive, nor these for Debian's", async () => {
    const { keys: _, ...debian } = request();
    await expect(resolveDebian(debian, archive.env)).rejects.toMatchObject({ code: "DEBIAN_SIGNATURE" });
  });

  it("refuses indexes older than those of an earlier lock", async () => {
    const previous = await resolveDebian(request(), archive.env);
    await archive.publish(roots, { date: new Date(Date.now() - 60_000) });
    await expect(resolveDebian(request({ previous }), archive.env)).rejects.toThrow(/older than/);
  });

  it("says what is wrong with the URL of an archive without the suite", async () => {
    archive.files.clear();
    await expect(resolveDebian(request(), archive.env)).rejects.toMatchObject({
      code: "DEBIAN_INDEX",
      hint: expect.stringContaining("dists/"),
    });
  });

  it("uses a lock with no network, and refuses one for something else", async () => {
    const lock = await resolveDebian(request(), archive.env);
    archive.requests.length = 0;
    expect(await resolveDebian(request({ lock }), archive.env)).toBe(lock);
    expect(archive.requests).toEqual([]);
    await expect(resolveDebian(request({ lock, extraRoots: ["curl"] }), archive.env)).rejects.toMatchObject({
      code: "LOCK_STALE",
      message: expect.stringContaining('"curl" is missing'),
    });
    await expect(resolveDebian(request({ lock, architecture: "arm64" }), archive.env)).rejects.toThrow(/architecture/);
  });
});

describe("parseDebianLock", () => {
  it.each([
    ["suite", "sid"],
    ["architecture", "riscv64"],
    ["packages", [{ name: "a1" }]],
    ["roots", ["Not A Name"]],
  ])("refuses a wrong %s", async (field, value) => {
    const lock = await resolveDebian(request(), archive.env);
    expect(() => parseDebianLock({ ...lock, [field]: value })).toThrow(
      expect.objectContaining({ code: "LOCK_INVALID", message: expect.stringContaining(`"${field}`) }),
    );
  });

  it("refuses a path that leaves the archive", async () => {
    const lock = await resolveDebian(request(), archive.env);
    const [first] = lock.packages;
    expect(() => parseDebianLock({ ...lock, packages: [{ ...first, path: "pool/../../x" }] })).toThrow(
      /packages\[0\]\.path/,
    );
  });
});
