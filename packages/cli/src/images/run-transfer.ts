import type { ImageResult } from "@imagespec/core";
import { type Platform, parsePlatform } from "@imagespec/oci";
import type { OptionTable } from "../arguments/option.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { CommandContext } from "../command-context.ts";
import type { OutputOptions } from "../output/choose-reporter.ts";
import { displayOptions, engineOptions } from "../session/engine-options.ts";
import type { ImageSession } from "../session/open-image-session.ts";
import { formatPlace, type ImagePlace, placeTitles } from "./image-place.ts";
import type { OpenedImage } from "./open-image.ts";
import { type Transfer, transferImage } from "./transfer-image.ts";
import { TransferReporter } from "./transfer-reporter.ts";

/** Options of the commands that move images. */
export const transferOptions: OptionTable = {
  platform: { type: "text", value: "OS/ARCH", isList: true, summary: "only this platform of the image" },
  ...engineOptions,
  ...displayOptions,
  quiet: { type: "flag", short: "q", summary: "print the reference only" },
};

/** What the option does that lets content tags move. */
export const forceOption: OptionTable = {
  force: { type: "flag", summary: "replace another image under a tag that names its content (u1-…, v1-…)" },
};

/** Which platforms the flags ask for; nothing for all. @throws PLATFORM_INVALID */
export function platformsOf(args: ParsedArguments): readonly Platform[] | undefined {
  const texts = args.list("platform").flatMap((list) => list.split(","));
  return texts.length === 0 ? undefined : texts.map(parsePlatform);
}

/** What the flags say about output. @throws CLI_USAGE */
export function displayOf(args: ParsedArguments): OutputOptions {
  const display = {
    isJson: args.flag("json"),
    isQuiet: args.flag("quiet"),
    isVerbose: false,
    hasNoColor: args.flag("no-color"),
  };
  if (display.isJson && display.isQuiet) throw usageError('"--json" and "--quiet" cannot be combined', "leave one out");
  return display;
}

/** Copies an image with progress, and prints what came of it. */
export async function runTransfer(
  image: OpenedImage,
  target: ImagePlace,
  session: ImageSession,
  args: ParsedArguments,
  context: CommandContext,
): Promise<number> {
  const display = displayOf(args);
  const title = formatPlace(image.place);
  using reporter = new TransferReporter(title, [`from ${placeTitles[image.place.kind]}`], context, display);
  session.tellRetries((retry) => reporter.retry(retry));
  const transfer = await transferImage(image, target, {
    platforms: platformsOf(args),
    force: args.flag("force"),
    session,
    reporter,
    signal: context.signal,
  });
  const { timings } = reporter;
  if (!display.isJson) reporter.finish(asResult(transfer, timings));
  else {
    const line = { type: "result", exitCode: 0, source: title, ...transfer, timings };
    context.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return 0;
}

/** A transfer in the form in which builds end: reporters show both alike. */
function asResult(transfer: Transfer, timings: ImageResult["timings"]): ImageResult {
  const { reference, digest, platforms, action, layers, bytesSent, blobsSent, blobsReused, warnings } = transfer;
  return {
    reference,
    name: reference,
    tag: "",
    digest,
    platforms,
    fingerprint: "",
    action: action === "exists" ? "exists" : "built",
    builder: "",
    timings,
    bytes: { downloaded: 0, uploaded: bytesSent },
    layers: { built: blobsSent, reused: blobsReused, ...layers },
    warnings,
  };
}
