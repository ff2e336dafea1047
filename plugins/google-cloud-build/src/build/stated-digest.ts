import type { BuildMessage } from "../client/build-message.ts";
import type { BuildState } from "../client/build-state.ts";
import { digestStep } from "../request/buildx-steps.ts";

/** The digest that a build says it pushed: among the results, or in what buildx wrote; nothing when neither has it. */
export function statedDigest({ images, outputs }: BuildState, { steps }: BuildMessage): string | undefined {
  const index = steps.findIndex(({ id }) => id === digestStep);
  if (index < 0) return images[0]?.digest;
  return digestOfMetadata(outputs[index] ?? "");
}

/** Of buildx's `--metadata-file`. */
function digestOfMetadata(text: string): string | undefined {
  // It may be cut off: then the JSON cannot be parsed, and the digest stands there all the same.
  return /"containerimage\.digest"\s*:\s*"(sha256:[0-9a-f]{64})"/.exec(text)?.[1];
}
