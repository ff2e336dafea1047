import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";

/** PEM texts for TLS with an engine; whatever there is. */
export interface EngineCertificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads `ca.pem`, `cert.pem` and `key.pem` of a folder as docker lays them out.
 *
 * @throws CONFIG_INVALID when the folder has none of them, or one cannot be read
 */
export async function readEngineCertificates(folder: string): Promise<EngineCertificates> {
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((name) => read(join(folder, name))));
  if (ca === undefined && cert === undefined && key === undefined) {
    throw new ImageSpecError("CONFIG_INVALID", `the folder "${folder}" has no certificates for an engine`, {
      hint: "put ca.pem, cert.pem and key.pem there, or correct DOCKER_CERT_PATH",
      details: { folder },
    });
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === undefined) throw cause;
    throw new ImageSpecError("CONFIG_INVALID", `the certificate file "${file}" cannot be read (${code})`, {
      hint: "check the file's permissions",
      cause,
      details: { file },
    });
  }
}
