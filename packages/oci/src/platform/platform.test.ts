import { ImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from "./platform.ts";

describe("parsePlatform", () => {
  test.each<[text: string, canonical: string]>([
    ["linux/amd64", "linux/amd64"],
    ["Linux/AMD64", "linux/amd64"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/x86-64", "linux/amd64"],
    ["linux/x64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/8", "linux/arm64"],
    ["linux/arm64/v8.0", "linux/arm64"],
    ["linux/arm64/v8.2", "linux/arm64/v8.2"],
    ["linux/arm64/v9", "linux/arm64/v9"],
    ["linux/arm64/v9.0", "linux/arm64/v9"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/7", "linux/arm/v7"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armv7l", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/i386", "linux/386"],
    ["linux/ia32", "linux/386"],
    ["linux/ppc64le", "linux/ppc64le"],
    ["linux/riscv64", "linux/riscv64"],
    ["linux/loong64", "linux/loong64"],
    ["wasip1/wasm", "wasip1/wasm"],
    ["macos/arm64", "darwin/arm64"],
    ["win32/x64", "windows/amd64"],
    ["windows(10.0.20348.2340)/amd64", "windows(10.0.20348.2340)/amd64"],
    ["windows(10.0.20348+win32k+a)/amd64", "windows(10.0.20348+a+win32k)/amd64"],
    ["unknown/unknown", "unknown/unknown"],
    ["linux/e2k", "linux/e2k"],
  ])("reads %s", (text, canonical) => {
    const platform = parsePlatform(text);
    expect(formatPlatform(platform)).toBe(canonical);
    expect(parsePlatform(canonical)).toStrictEqual(platform);
  });

  test("gives no keys for what is not there", () => {
    expect(parsePlatform("linux/arm64/v8")).toStrictEqual({ os: "linux", architecture: "arm64" });
  });

  test.each<[text: string, hint: string]>([
    ["", "os/architecture"],
    ["linux", "os/architecture"],
    ["amd64", 'write "linux/amd64"'],
    ["aarch64", 'write "linux/aarch64"'],
    ["linux/", "empty part"],
    ["/amd64", "empty part"],
    ["linux/amd64/", "empty part"],
    ["linux/arm/v7/x", "os/architecture"],
    ["linux /amd64", "white space"],
    ["linux/amd64,linux/arm64", "os/architecture"],
    ["linux/amd46", 'write "linux/amd64"'],
    ["linxu/arm64", 'write "linux/arm64"'],
    ["linux(/amd64", "os/architecture"],
    ["windows(%zz)/amd64", "percent-encoding"],
  ])("refuses %j", (text, hint) => {
    expect(() => parsePlatform(text)).toThrow(
      expect.objectContaining({
        code: "PLATFORM_INVALID",
        message: expect.stringContaining(`"${text}"`),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test("throws nothing else for any text", () => {
    const pieces = fc
      .array(fc.constantFrom("linux", "arm", "/", "v7", "(", ")", "+", "%41", "%ff", "1.0"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (text) => {
        let platform: Platform;
        try {
          platform = parsePlatform(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageSpecError);
          return;
        }
        expect(parsePlatform(formatPlatform(platform))).toStrictEqual(platform);
      }),
      { numRuns: 1000 },
    );
  });
});

const platforms: fc.Arbitrary<Platform> = fc
  .record({
    os: fc.constantFrom("linux", "windows", "darwin", "macos", "Linux"),
    architecture: fc.constantFrom("amd64", "arm64", "arm", "386", "s390x", "x86_64", "aarch64", "armhf"),
    variant: fc.constantFrom(undefined, "v1", "v6", "v7", "7", "v8", "v8.2", "v9.0", "V9", "power9"),
    version: fc.option(fc.string({ unit: "grapheme", minLength: 1 }), { nil: undefined }),
    features: fc.option(fc.array(fc.string({ unit: "grapheme" })), { nil: undefined }),
  })
  .map(({ os, architecture, variant, version, features }) => ({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { "os.version": version }),
    ...(features === undefined ? {} : { "os.features": features }),
  }));

test("parsePlatform reads what formatPlatform wrote, any version and features included", () => {
  fc.assert(
    fc.property(platforms, (platform) => {
      expect(parsePlatform(formatPlatform(platform))).toStrictEqual(normalizePlatform(platform));
    }),
  );
});

test("normalizePlatform is idempotent", () => {
  fc.assert(
    fc.property(platforms, (platform) => {
      const once = normalizePlatform(platform);
      expect(normalizePlatform(once)).toStrictEqual(once);
    }),
  );
});
