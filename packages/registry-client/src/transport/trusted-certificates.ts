import { readFile } from "node:fs/promises";
import { ImageSpecError } from "@imagespec/errors";
import { detectExtraCertificatesFile } from "./detect.ts";

/** Refuses what is no certificate, such as the path of a file, before any connection is made. @throws CONFIG_INVALID */
export function assertCertificates(given: string | readonly string[]): void {
  for (const pem of typeof given === "string" ? [given] : given) {
    if (pem.includes("-----BEGIN CERTIFICATE-----")) continue;
    throw new ImageSpecError("CONFIG_INVALID", `the certificate authority "${pem.slice(0, 40)}" is not a PEM text`, {
      hint: "pass the content of the certificate file, starting with -----BEGIN CERTIFICATE-----",
    });
  }
}

/**
 * The certificates given, with those that Node trusts anyway: a `ca` option replaces the default roots *and* what
 * `NODE_EXTRA_CA_CERTS` added to them.
 */
export async function trustedCertificates(given: string | readonly string[]): Promise<string[]> {
  const own = typeof given === "string" ? [given] : given;
  const { rootCertificates } = await import("node:tls");
  return [...rootCertificates, ...(await extraCertificates()), ...own];
}

async function extraCertificates(): Promise<string[]> {
  const file = detectExtraCertificatesFile();
  if (file === undefined) return [];
  try {
    return [await readFile(file, "utf8")];
  } catch (cause) {
    // Node itself warns at its start and goes on without the file.
    if (cause instanceof Error && "code" in cause) return [];
    throw cause;
  }
}
