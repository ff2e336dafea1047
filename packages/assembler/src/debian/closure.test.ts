import { describe, expect, it } from "vitest";
import { solveClosure } from "./closure.ts";
import { debianRelease } from "./debian-release.ts";
import { PackageIndex } from "./package-index.ts";

const [main, , security] = debianRelease("trixie").indexes;

function paragraph(name: string, fields: Readonly<Record<string, string>> = {}): string {
  return `${Object.entries({
    Package: name,
    Version: "1.0",
    Architecture: "amd64",
    Filename: `pool/${name}.deb`,
    Size: "1",
    SHA256: "a".repeat(64),
    ...fields,
  })
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n")}\n`;
}

function indexOf(...paragraphs: readonly string[]): PackageIndex {
  const index = new PackageIndex("amd64");
  index.add(Buffer.from(paragraphs.join("\n")), main);
  return index;
}

function names(index: PackageIndex, ...roots: string[]): string[] {
  return solveClosure(index, roots).packages.map(({ name }) => name);
}

describe("solveClosure", () => {
  it("follows Pre-Depends and Depends, not Recommends", () => {
    const index = indexOf(
      paragraph("a1", { "Pre-Depends": "b1", Depends: "c1 (>= 1)", Recommends: "d1" }),
      paragraph("b1"),
      paragraph("c1", { Depends: "a1" }),
      paragraph("d1"),
    );
    expect(names(index, "a1")).toEqual(["a1", "b1", "c1"]);
  });

  it("takes the highest version of all suites", () => {
    const index = indexOf(paragraph("a1", { Version: "1.0-1" }));
    index.add(Buffer.from(paragraph("a1", { Version: "1.0-1+deb13u1" })), security!);
    index.add(Buffer.from(paragraph("a1", { Version: "1.0-1~bpo1" })), main);
    expect(solveClosure(index, ["a1"]).packages).toMatchObject([{ version: "1.0-1+deb13u1", area: "security" }]);
  });

  it("lets what is needed anyway decide a choice", () => {
    const index = indexOf(
      paragraph("a1", { Depends: "x1 | y1, z1" }),
      paragraph("x1"),
      paragraph("y1"),
      paragraph("z1", { Depends: "y1" }),
    );
    const closure = solveClosure(index, ["a1"]);
    expect(closure.packages.map(({ name }) => name)).toEqual(["a1", "y1", "z1"]);
    expect(closure.choices).toEqual([]);
  });

  it("takes the first alternative there is, and records the choice", () => {
    const index = indexOf(paragraph("a1", { Depends: "gone | y1 | z1" }), paragraph("y1"), paragraph("z1"));
    const closure = solveClosure(index, ["a1"]);
    expect(closure.choices).toEqual(["a1: gone | y1 | z1 → y1"]);
  });

  it("prefers a provider of higher priority, then by name", () => {
    const index = indexOf(
      paragraph("a1", { Depends: "mail" }),
      paragraph("p1", { Provides: "mail", Priority: "optional" }),
      paragraph("p2", { Provides: "mail", Priority: "standard" }),
      paragraph("p0", { Provides: "mail", Priority: "optional" }),
    );
    expect(solveClosure(index, ["a1"]).choices).toEqual(["a1: mail → p2"]);
  });

  it("needs a version in Provides for a dependency with a version", () => {
    const provides = (text: string) =>
      indexOf(paragraph("a1", { Depends: "libx (>= 2)" }), paragraph("libxt64", { Provides: text }));
    expect(names(provides("libx (= 2.1)"), "a1")).toEqual(["a1", "libxt64"]);
    for (const text of ["libx", "libx (= 1.9)"]) {
      expect(() => names(provides(text), "a1")).toThrow(
        expect.objectContaining({ code: "DEBIAN_PACKAGE_NOT_FOUND", message: expect.stringContaining("libx (>= 2)") }),
      );
    }
  });

  it("leaves out what only maintainer scripts need, and says so", () => {
    const index = indexOf(
      paragraph("ca-certificates", { Depends: "openssl (>= 1.1.1), debconf (>= 0.5) | debconf-2.0" }),
      paragraph("dpkg-dev", { Depends: "dpkg" }),
      paragraph("dpkg"),
    );
    const closure = solveClosure(index, ["ca-certificates", "dpkg-dev"]);
    expect(closure.packages.map(({ name }) => name)).toEqual(["ca-certificates", "dpkg", "dpkg-dev"]);
    expect(closure.dropped).toHaveLength(2);
    expect(closure.dropped[1]).toMatch(/^ca-certificates: openssl \(>= 1\.1\.1\) \(/);
  });

  it("refuses packages that exclude each other", () => {
    const index = indexOf(paragraph("a1", { Conflicts: "b1" }), paragraph("b1"));
    expect(() => names(index, "a1", "b1")).toThrow(/"a1" refuses "b1"/);
  });

  it("does not take a package for its own conflict", () => {
    expect(names(indexOf(paragraph("a1", { Provides: "mail", Conflicts: "mail" })), "a1")).toEqual(["a1"]);
  });

  it("suggests a name for a misspelt root, or who provides it", () => {
    const index = indexOf(paragraph("libgomp1"), paragraph("mawk", { Provides: "awk" }));
    expect(() => names(index, "libgomp")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('"libgomp1"') }),
    );
    expect(() => names(index, "awk")).toThrow(expect.objectContaining({ hint: expect.stringContaining("mawk") }));
  });
});

describe("PackageIndex", () => {
  it.each([{ SHA256: "abc" }, { Size: "many" }, { Filename: "../../etc/passwd" }, { Architecture: "i386" }])(
    "refuses a package with %j",
    (fields) => {
      expect(() => indexOf(paragraph("a1", fields)).get("a1")).toThrow(
        expect.objectContaining({ code: "DEBIAN_INDEX" }),
      );
    },
  );

  it("reads fields of their own paragraph alone", () => {
    const index = indexOf(paragraph("a1"), paragraph("b1", { Provides: "virtual" }), paragraph("c1"));
    expect(index.size).toBe(3);
    expect(index.candidates({ name: "virtual" }).map(({ name }) => name)).toEqual(["b1"]);
    expect(index.get("a1")?.provides).toEqual([]);
  });

  it("refuses a paragraph without a version", () => {
    expect(() => indexOf("Package: a1\n", paragraph("b1"))).toThrow(/without a name or version/);
  });
});
