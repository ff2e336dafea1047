import { readFile } from "node:fs/promises";
import type { EngineCertificates } from "@imagespec/core";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";

/** Reads the files of the option `tls`. @throws CONFIG_INVALID */
export async function readTlsFiles(tls: NonNullable<BuildkitBuilderOptions["tls"]>): Promise<EngineCertificates> {
  const { ca, cert, key } = tls;
  const [caText, certText, keyText] = await Promise.all([read("ca", ca), read("cert", cert), read("key", key)]);
  return {
    ...(caText === undefined ? {} : { ca: caText }),
    ...(certText === undefined ? {} : { cert: certText }),
    ...(keyText === undefined ? {} : { key: keyText }),
  };
}

async function read(name: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    throw new ImageSpecError("CONFIG_INVALID", `the file "${file}" of option "tls.${name}" cannot be read (${code})`, {
      hint: code === "ENOENT" ? "correct the path" : "check the file's permissions",
      cause,
      details: { file },
    });
  }
}
