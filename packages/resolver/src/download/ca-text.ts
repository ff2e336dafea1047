import { readFile } from "node:fs/promises";
import { ImageSpecError } from "@imagespec/errors";

/** The PEM text of the configured certificate file, when there is one. */
export async function caText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ImageSpecError("CONFIG_INVALID", `the certificate file "${file}" cannot be read`, {
      hint: "correct SSL_CERT_FILE, PIP_CERT, REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS",
      cause,
    });
  }
}
