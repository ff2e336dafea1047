import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "./base-facts.ts";

/** The facts in the log of a probe's step. @throws BASE_UNSUPPORTED when the base could not run it */
export function parseProbe(_output: string): BaseFacts {
  throw new ImageSpecError("INTERNAL", "not written yet");
}
