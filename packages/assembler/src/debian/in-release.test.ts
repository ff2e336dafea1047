import { readFileSync } from "node:fs";
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { debianArchiveKeys } from "./archive-keys.ts";
import { debianRelease, type IndexSource } from "./debian-release.ts";
import { verifyInRelease } from "./in-release.ts";

const day = 24 * 60 * 60 * 1000;
const signedAt = new Date("2026-06-01T12:00:00Z");
const body = `Origin: Debian
Label: Debian
Codename: trixie
Date: Mon, 01 Jun 2026 12:00:00 UTC
Valid-Until: Mon, 08 Jun 2026 12:00:00 UTC
SHA256:
 ${"a".repeat(64)} 1234 main/binary-amd64/Packages.xz
`;

interface TestKey {
  readonly privateKey: openpgp.PrivateKey;
  readonly armored: string;
  readonly fingerprint: string;
}

async function generate(options: { readonly date?: Date; readonly keyExpirationTime?: number } = {}): Promise<TestKey> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    userIDs: [{ name: "test" }],
    format: "object",
    date: new Date("2026-01-01T00:00:00Z"),
    ...options,
  });
  return { privateKey, armored: publicKey.armor(), fingerprint: publicKey.getFingerprint().toUpperCase() };
}

async function sign(text: string, key: TestKey, date: Date = signedAt): Promise<string> {
  const message = await openpgp.createCleartextMessage({ text });
  return openpgp.sign({ message, signingKeys: key.privateKey, date });
}

let key: TestKey;
let stranger: TestKey;
let genuine: string;

beforeAll(async () => {
  [key, stranger] = await Promise.all([generate(), generate()]);
  genuine = await sign(body, key);
});

function verify(
  text: string,
  options: {
    now?: Date;
    notBefore?: Date;
    allowExpired?: boolean;
    trusted?: TestKey;
    source?: Partial<IndexSource>;
  } = {},
) {
  const trusted = options.trusted ?? key;
  return verifyInRelease(Buffer.from(text), {
    source: { area: "main", suite: "trixie", label: "Debian", signers: [trusted.fingerprint], ...options.source },
    keys: { [trusted.fingerprint]: trusted.armored },
    now: options.now ?? new Date(signedAt.getTime() + day),
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
    ...(options.allowExpired === undefined ? {} : { allowExpired: options.allowExpired }),
  });
}

const signature = expect.objectContaining({ code: "DEBIAN_SIGNATURE" });
const index = expect.objectContaining({ code: "DEBIAN_INDEX" });

describe("verifyInRelease", () => {
  it("reads a genuine file", async () => {
    const release = await verify(genuine);
    expect(release.signers).toEqual([key.fingerprint]);
    expect(release.date).toEqual(signedAt);
    expect(release.files.get("main/binary-amd64/Packages.xz")).toEqual({ sha256: "a".repeat(64), size: 1234 });
  });

  it("reads a real file of Debian with the keys of this package", async () => {
    const file = readFileSync(new URL("../../test/fixtures/bookworm-security.InRelease", import.meta.url));
    const source = debianRelease("bookworm").indexes[2]!;
    const release = await verifyInRelease(file, {
      source,
      keys: debianArchiveKeys,
      now: new Date("2026-11-25T12:00:00Z"),
    });
    expect(release.signers).toEqual(["05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0"]);
    expect(release.files.get("main/binary-arm64/Packages.xz")?.size).toBeGreaterThan(100_000);
    await expect(
      verifyInRelease(Buffer.from(file.toString().replace("Suite: oldstable", "Suite: stable")), {
        source,
        keys: debianArchiveKeys,
        now: new Date("2026-11-25T12:00:00Z"),
      }),
    ).rejects.toEqual(signature);
  });

  it.each([
    ["a changed hash", (text: string) => text.replace("aaaa", "baaa")],
    ["text before the message", (text: string) => `Origin: Debian\n${text}`],
    ["text after the message", (text: string) => `${text}evil: 1\n`],
    ["an extra armor header", (text: string) => text.replace("Hash: SHA512\n", "Hash: SHA512\nOrigin: Evil\n")],
    ["another Hash header", (text: string) => text.replace("Hash: SHA512", "Hash: SHA1")],
    ["no signature", () => body],
    ["an empty file", () => ""],
    ["a page of HTML", () => "<html>Log in</html>"],
    ["two messages", (text: string) => `${text}\n${text}`],
  ])("refuses %s", async (_, change) => {
    await expect(verify(change(genuine))).rejects.toEqual(signature);
  });

  it("parses only what was signed", async () => {
    // OpenPGP does not cover blanks at the ends of lines.
    const release = await verify(genuine.replace("Codename: trixie\n", "Codename: trixie  \n"));
    expect(release.signers).toHaveLength(1);
  });

  it("refuses the signature of another text", async () => {
    const other = await sign(body.replace("trixie", "bookworm"), key);
    const mixed = genuine.split("-----BEGIN PGP SIGNATURE")[0] + other.slice(other.indexOf("-----BEGIN PGP SIGNATURE"));
    await expect(verify(mixed)).rejects.toEqual(signature);
  });

  it("refuses a key that is not pinned, and says which would be accepted", async () => {
    await expect(verify(genuine, { trusted: stranger })).rejects.toMatchObject({
      code: "DEBIAN_SIGNATURE",
      details: { accepted: [stranger.fingerprint] },
    });
  });

  it("refuses an old signature of a key that has expired since", async () => {
    const shortLived = await generate({ keyExpirationTime: (200 * day) / 1000 });
    const text = await sign(body.replace(/Valid-Until.*\n/, ""), shortLived);
    await expect(verify(text, { trusted: shortLived })).resolves.toBeDefined();
    await expect(verify(text, { trusted: shortLived, now: new Date("2026-09-01") })).rejects.toEqual(signature);
  });

  it("refuses a signature from the future", async () => {
    await expect(verify(genuine, { now: new Date(signedAt.getTime() - 2 * day) })).rejects.toEqual(signature);
  });

  it("refuses a date in the future", async () => {
    const text = await sign(body.replace("01 Jun 2026 12", "03 Jun 2026 18"), key);
    await expect(verify(text)).rejects.toMatchObject({ code: "DEBIAN_INDEX", hint: expect.stringContaining("clock") });
  });

  it("refuses an index after Valid-Until, unless that is allowed", async () => {
    const now = new Date("2026-06-09T00:00:00Z");
    await expect(verify(genuine, { now })).rejects.toThrow(/valid until 2026-06-08/);
    await expect(verify(genuine, { now, allowExpired: true })).resolves.toBeDefined();
  });

  it("needs no Valid-Until", async () => {
    const text = await sign(body.replace(/Valid-Until.*\n/, ""), key);
    await expect(verify(text, { now: new Date("2027-06-01") })).resolves.toMatchObject({ validUntil: undefined });
  });

  it("refuses an index older than the one of the lock, and takes the same again", async () => {
    await expect(verify(genuine, { notBefore: new Date(signedAt.getTime() + 1000) })).rejects.toThrow(/older than/);
    await expect(verify(genuine, { notBefore: signedAt })).resolves.toBeDefined();
  });

  it.each([
    [{ suite: "bookworm" }, /Codename "trixie", not "bookworm"/],
    [{ label: "Debian-Security" as const }, /Label "Debian"/],
  ])("refuses the file of another suite: %j", async (source, message) => {
    await expect(verify(genuine, { source })).rejects.toThrow(message);
    await expect(verify(genuine, { source })).rejects.toEqual(index);
  });
});
