import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { evaluationError } from "../errors/explain-failure.ts";
import { libraryFile } from "../library-file.ts";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";
import { type Evaluation, parseEvaluation } from "./evaluation.ts";
import type { EvaluationInput } from "./evaluation-input.ts";

/**
 * Looks up everything in one evaluation. It writes derivations into the store and builds nothing.
 *
 * @param pin for messages
 * @throws NIX_EVAL_FAILED, NIX_PIN_MISMATCH, NIX_UNAVAILABLE, ABORTED
 */
export async function evaluate(
  nix: NixProcess,
  input: EvaluationInput,
  options: { readonly pin: string; readonly signal: AbortSignal; readonly onLog?: (text: string) => void },
): Promise<Evaluation> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-nix-"));
  try {
    const file = path.join(folder, "spec.json");
    await writeFile(file, JSON.stringify(input), { mode: 0o600 });
    const args = ["--eval", "--strict", "--json", "--read-write-mode", libraryFile, "--argstr", "specFile", file];
    const { signal, onLog } = options;
    const result = await nix.run("nix-instantiate", args, {
      signal,
      onLine: (line) => onLog?.(plainText(line)),
    });
    if (result.code === 0) return parseEvaluation(result.stdout);
    const { code, lines } = result;
    throw evaluationError({ code, messages: lines.map(plainText), output: [] }, options.pin);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
