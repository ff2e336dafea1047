import { imageId } from "../fingerprint/image-id.ts";
import { processEnv } from "./detect.ts";
import type { ImageSpec } from "./image-spec.ts";

/** Whether this process runs in an image of the spec: its `IMAGESPEC_ID` is the spec's id. Reads no file. */
export function isContainer(
  spec: ImageSpec,
  env: Readonly<Record<string, string | undefined>> = processEnv(),
): boolean {
  return env["IMAGESPEC_ID"] === imageId(spec);
}
