import type { LocalImageStore } from "@imagespec/image-store";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { TransferReporter } from "../images/transfer-reporter.ts";
import { formatBytes } from "../output/format.ts";
import { styleFor } from "../output/style.ts";
import { terminalText } from "../output/terminal-text.ts";
import type { StoreSession } from "../session/open-store-session.ts";
import { type CacheFinding, verifyCache } from "./verify-cache.ts";

interface Outcome {
  readonly finding: CacheFinding;
  readonly isRepaired: boolean;
}

/** `imagespec cache verify` */
export async function runVerify(
  args: ParsedArguments,
  context: CommandContext,
  session: StoreSession,
): Promise<number> {
  const { stdout } = context;
  const folder = session.cacheFolder;
  const store = await session.existingStore();
  const bytes = store === undefined ? 0 : await contentBytes(store);
  const findings = await verifyWithProgress(args, context, session, store, bytes);
  const outcomes: Outcome[] = [];
  for (const finding of findings) {
    const isRepaired = args.flag("repair") && finding.repair !== undefined;
    if (isRepaired) await finding.repair?.();
    outcomes.push({ finding, isRepaired });
  }
  const exitCode = outcomes.every(({ isRepaired }) => isRepaired) ? exitCodes.ok : exitCodes.buildFailed;
  if (args.flag("json")) {
    const damaged = outcomes.map(({ finding, isRepaired }) => ({ ...finding, repaired: isRepaired }));
    stdout.write(`${JSON.stringify({ type: "verification", exitCode, folder, bytes, damaged })}\n`);
    return exitCode;
  }
  stdout.write(`${formatOutcomes(outcomes, args, context).join("\n")}\n`);
  return exitCode;
}

async function verifyWithProgress(
  args: ParsedArguments,
  context: CommandContext,
  { cacheFolder }: StoreSession,
  store: LocalImageStore | undefined,
  total: number,
): Promise<readonly CacheFinding[]> {
  // Only people want to see how far it is; programs get one line.
  const display = { isJson: false, isQuiet: args.flag("json"), isVerbose: false, hasNoColor: args.flag("no-color") };
  using reporter = new TransferReporter("cache", [cacheFolder], context, display);
  return await reporter.step("verify", "extract", async (progress, notes) => {
    const onProgress = (bytes: number): void => progress("content", bytes, Math.max(bytes, total));
    const found = await verifyCache(cacheFolder, store, { signal: context.signal, onProgress });
    notes.detail = `${formatBytes(total)} of content`;
    return found;
  });
}

function formatOutcomes(
  outcomes: readonly Outcome[],
  args: ParsedArguments,
  { stdout, env }: CommandContext,
): readonly string[] {
  const style = styleFor(stdout, env, args.flag("no-color"));
  if (outcomes.length === 0) return [`  ${style.green("✔")} everything is as it should be`];
  return outcomes.flatMap(({ finding: { kind, subject, reason, hint }, isRepaired }) => {
    const repaired = kind === "image" ? "forgotten" : "removed";
    return [
      isRepaired
        ? `  ${style.yellow("-")} ${repaired}: ${terminalText(subject)}`
        : `  ${style.red("✗")} ${terminalText(subject)}`,
      `    ${terminalText(reason)}`,
      ...(isRepaired ? [] : [`    ${style.cyan("hint:")} ${hint}`]),
    ];
  });
}

async function contentBytes(store: LocalImageStore): Promise<number> {
  let bytes = 0;
  for await (const { size } of store.content.list()) bytes += size;
  return bytes;
}
