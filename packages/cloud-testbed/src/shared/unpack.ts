import { rm } from "node:fs/promises";
import { run } from "@imagespec/test-support";

/** Unpacks a ZIP archive into a folder and removes it. */
export async function unpackZip(file: string, folder: string): Promise<void> {
  await run(["unzip", "-q", "-o", file, "-d", folder]);
  await rm(file);
}

/** Unpacks a tar archive, compressed or not, into a folder and removes it. */
export async function unpackTar(file: string, folder: string): Promise<void> {
  await run(["tar", "--no-same-owner", "-xf", file, "-C", folder]);
  await rm(file);
}
