import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elfOf } from "../../test/support/debian-fixtures.ts";
import { readElf } from "./elf.ts";

describe("readElf", () => {
  it("reads what the dynamic linker reads", () => {
    const bytes = elfOf({
      soname: "libfoo.so.1",
      needed: ["libc.so.6", "libm.so.6"],
      runpath: "$ORIGIN/../lib:/opt/lib",
      interpreter: "/lib64/ld-linux-x86-64.so.2",
    });
    expect(readElf(bytes)).toEqual({
      machine: 62,
      dynamic: true,
      interpreter: "/lib64/ld-linux-x86-64.so.2",
      soname: "libfoo.so.1",
      needed: ["libc.so.6", "libm.so.6"],
      searchPath: ["$ORIGIN/../lib", "/opt/lib"],
    });
  });

  it("reads the program that runs this test", async () => {
    const { readFileSync } = await import("node:fs");
    if (process.platform !== "linux" || process.arch !== "x64") return;
    const elf = readElf(readFileSync("/proc/self/exe"));
    expect(elf?.needed).toContain("libc.so.6");
    expect(elf?.interpreter).toBe("/lib64/ld-linux-x86-64.so.2");
  });

  it("takes anything else for no ELF file", () => {
    expect(readElf(Buffer.from("#!/bin/sh\n"))).toBeUndefined();
    expect(readElf(Buffer.alloc(0))).toBeUndefined();
  });

  it("survives every truncation", () => {
    const whole = elfOf({ soname: "libfoo.so.1", needed: ["libc.so.6"] });
    fc.assert(
      fc.property(fc.nat(whole.length), (length) => {
        expect(() => readElf(whole.subarray(0, length))).not.toThrow();
      }),
    );
  });
});
