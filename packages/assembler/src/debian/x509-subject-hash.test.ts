import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { subjectHash } from "./x509-subject-hash.ts";

const fixture = (name: string) => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), "utf8");

describe("subjectHash", () => {
  it.each([
    // As `openssl x509 -subject_hash` prints them: printable strings, and UTF-8 with capital letters beyond ASCII.
    ["isrg-root-x2.pem", "0b9bc432"],
    ["netlock-arany.pem", "988a38cb"],
  ])("of %s is %s", (name, hash) => expect(subjectHash(fixture(name))).toBe(hash));

  it.each(["", "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----", "AAAA"])("refuses %j", (pem) => {
    expect(() => subjectHash(pem)).toThrow(expect.objectContaining({ code: "DEBIAN_INDEX" }));
  });
});
