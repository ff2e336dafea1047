import { createHash } from "node:crypto";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import type { Key } from "openpgp";
import { parseControlParagraph, requiredField } from "./control-file.ts";
import type { IndexSource } from "./debian-release.ts";

/** What the signed text of an InRelease file says. */
export interface InRelease {
  readonly date: Date;
  readonly validUntil: Date | undefined;
  /** Fingerprints of the primary keys with a valid signature, upper case, sorted. */
  readonly signers: readonly string[];
  /** Hex digest of the file as downloaded. */
  readonly sha256: string;
  /** SHA-256 table: path below `dists/<suite>` to digest and size. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly size: number }>;
}

export interface InReleaseOptions {
  readonly source: IndexSource;
  /** Armored public keys by primary fingerprint; only those of `source.signers` are used. */
  readonly keys: Readonly<Record<string, string>>;
  readonly now: Date;
  /** Date of the index in an earlier lock: an older one is a replay and refused. */
  readonly notBefore?: Date;
  /** Accept a Valid-Until that has passed. */
  readonly allowExpired?: boolean;
}

/** Clocks may differ; a signed date further ahead is refused. */
const maxClockSkewMs = 24 * 60 * 60 * 1000;

/**
 * Verifies an InRelease file and reads the text that was signed, never the raw file: OpenPGP accepts line endings, blanks
 * and armor headers that the signature does not cover.
 *
 * One valid signature by a key that is pinned for this suite is enough, and that key must not have expired at `now`
 * (OpenPGP itself accepts old signatures of expired keys). Freshness: `Valid-Until` where the suite has one (security and
 * updates: 7 days), elsewhere only the Date of the earlier lock protects from being served an old point release.
 *
 * @throws DEBIAN_SIGNATURE for a missing, wrong, foreign or expired signature.
 * @throws DEBIAN_INDEX for signed text of another suite, a date in the future, an expired or outdated index.
 */
export async function verifyInRelease(file: Uint8Array, options: InReleaseOptions): Promise<InRelease> {
  const { source, now } = options;
  const signed = await signedText(file, options);
  const fields = parseControlParagraph(signed.text);
  for (const [name, wanted] of [
    ["Origin", "Debian"],
    ["Label", source.label],
    ["Codename", source.suite],
  ] as const) {
    const found = requiredField(fields, name);
    if (found !== wanted) {
      throw outdated(source, `states ${name} "${found}", not "${wanted}"`, "check the URLs of the Debian archive");
    }
  }
  const date = parseDate(requiredField(fields, "Date"), source);
  if (date.getTime() > now.getTime() + maxClockSkewMs) {
    throw outdated(source, `is dated ${date.toISOString()}, in the future`, "check the clock of this machine");
  }
  if (options.notBefore !== undefined && date < options.notBefore) {
    throw outdated(
      source,
      `is dated ${date.toISOString()}, older than the ${options.notBefore.toISOString()} of the lock`,
      "use an archive that is up to date; an older index may be a replay",
    );
  }
  const expiry = fields.get("Valid-Until");
  const validUntil = expiry === undefined ? undefined : parseDate(expiry, source);
  if (validUntil !== undefined && validUntil < now && options.allowExpired !== true) {
    throw outdated(
      source,
      `was valid until ${validUntil.toISOString()}`,
      "use an archive that is up to date, check the clock of this machine, or build from a lock; " +
        "allow expired indexes only for a snapshot of the archive that you trust",
    );
  }
  return {
    date,
    validUntil,
    signers: signed.signers,
    sha256: createHash("sha256").update(file).digest("hex"),
    files: hashTable(requiredField(fields, "SHA256"), source),
  };
}

async function signedText(file: Uint8Array, { source, keys, now }: InReleaseOptions) {
  // 400 kB of JavaScript that a build from a lock does not need.
  const openpgp = await import("openpgp");
  const armored = new TextDecoder().decode(file);
  if (
    !/^-----BEGIN PGP SIGNED MESSAGE-----\r?\n/.test(armored) ||
    !/\n-----END PGP SIGNATURE-----\s*$/.test(armored) ||
    armored.split("-----BEGIN PGP SIGNED MESSAGE-----").length !== 2
  ) {
    throw new ImageSpecError("DEBIAN_SIGNATURE", `InRelease of "${source.suite}" is not one signed message`, {
      hint: "check the URLs of the Debian archive; a captive portal or proxy may have answered",
    });
  }
  const pinned: Key[] = [];
  for (const fingerprint of source.signers) {
    const armoredKey = keys[fingerprint];
    if (armoredKey === undefined) throw new ImageSpecError("INTERNAL", `no key with fingerprint "${fingerprint}"`);
    pinned.push(await openpgp.readKey({ armoredKey }));
  }
  const verified = await openpgp
    .readCleartextMessage({ cleartextMessage: armored })
    .then((message) => openpgp.verify({ message, verificationKeys: pinned, date: now }))
    .catch((cause: unknown) => {
      throw refused(source, [messageOf(cause)], cause);
    });
  const signers = new Set<string>();
  const refusals: string[] = [];
  for (const signature of verified.signatures) {
    try {
      await signature.verified;
      const key = pinned.find((candidate) => candidate.getKeys(signature.keyID).length > 0);
      // Throws when the key, or the subkey that signed, has expired or was revoked by now.
      await key?.getSigningKey(signature.keyID, now);
      if (key !== undefined) signers.add(key.getFingerprint().toUpperCase());
    } catch (cause) {
      refusals.push(messageOf(cause));
    }
  }
  if (signers.size === 0) throw refused(source, refusals);
  return { text: verified.data.replaceAll("\r\n", "\n"), signers: [...signers].sort() };
}

function hashTable(field: string, source: IndexSource): InRelease["files"] {
  const files = new Map<string, { sha256: string; size: number }>();
  for (const line of field.split("\n")) {
    if (line.trim() === "") continue;
    const [, sha256, size, path] = /^\s+([0-9a-f]{64})\s+(\d+)\s+(\S+)$/.exec(line) ?? [];
    if (sha256 === undefined || size === undefined || path === undefined) {
      throw outdated(source, `has the line "${line.trim()}" in its hash table`, "use another archive");
    }
    files.set(path, { sha256, size: Number(size) });
  }
  return files;
}

function parseDate(text: string, source: IndexSource): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw outdated(source, `has the date "${text}"`, "use another archive");
  return date;
}

function refused(source: IndexSource, reasons: readonly string[], cause?: unknown): ImageSpecError {
  const why = reasons.length === 0 ? "" : `: ${[...new Set(reasons)].join("; ")}`;
  return new ImageSpecError(
    "DEBIAN_SIGNATURE",
    `InRelease of "${source.suite}" has no valid signature by a key of Debian${why}`,
    {
      hint: "check the URLs of the Debian archive and the clock of this machine; update imagespec if Debian changed its keys",
      details: { suite: source.suite, accepted: source.signers },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function outdated(source: IndexSource, what: string, hint: string): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", `InRelease of "${source.suite}" ${what}`, {
    hint,
    details: { suite: source.suite, area: source.area },
  });
}
