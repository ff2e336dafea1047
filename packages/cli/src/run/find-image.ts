import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { LoadedSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { parseImageReference } from "@imagespec/oci";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { chooseReporter } from "../output/choose-reporter.ts";
import { hidingExisting } from "../output/hiding-existing.ts";
import { keepingLog } from "../output/keeping-log.ts";
import type { Session } from "../session/open-session.ts";
import { readBuildOptions } from "../session/read-build-options.ts";
import { buildSpecs } from "../specs/build-specs.ts";
import { loadSpecs } from "../specs/load-specs.ts";
import { hostPlatform } from "./host-platform.ts";
import { openRunnableImage, type RunnableImage } from "./runnable-image.ts";

interface FindOptions {
  readonly isVerbose: boolean;
  readonly hasNoColor: boolean;
}

/**
 * The image that the command line means: that of a spec file, built when it does not exist, or the one of a reference. The exit
 * code when a build failed, which has been reported then.
 */
export async function findImage(
  args: ParsedArguments,
  session: Session,
  context: CommandContext,
  options: FindOptions,
): Promise<RunnableImage | number> {
  const [target] = args.positionals;
  const platform = args.list("platform")[0] ?? hostPlatform();
  if (target !== undefined && !isFile(target, context.cwd)) {
    return openReference(target, platform, session, context.signal, ["local-store", "registry"]);
  }
  const specs = await loadSpecs(target === undefined ? [] : [target], context);
  const loaded = chooseSpec(specs, args.text("image"));
  const build = readBuildOptions(args, context.cwd, context.signal);
  // Standard output belongs to the program.
  const besideProgram = { ...context, stdout: context.stderr };
  const display = { isJson: false, isQuiet: !options.isVerbose && context.stderr.isTTY !== true, ...options };
  const [built] = await buildSpecs(session.engine, [loaded], build, (builds) =>
    keepingLog(hidingExisting(chooseReporter(builds, besideProgram, display)), builds, session),
  );
  if (built === undefined) throw new ImageSpecError("INTERNAL", "the build gave no result");
  if (built.outcome.status === "rejected") return exitCodeOf(built.outcome.error);
  const registry = build.registry ?? loaded.spec.registry ?? session.config.config.registry;
  const place = registry === undefined ? "local-store" : "registry";
  return openReference(built.outcome.result.reference, platform, session, context.signal, [place]);
}

const specEndings: ReadonlySet<string> = new Set([".yaml", ".yml", ".json", ".ts", ".mts", ".js", ".mjs", ".cjs"]);

function isFile(target: string, cwd: string): boolean {
  return target === "-" || specEndings.has(extname(target)) || existsSync(resolve(cwd, target));
}

function chooseSpec(specs: readonly LoadedSpec[], wanted: string | undefined): LoadedSpec {
  const matching = specs.filter(({ spec, key }) => wanted === undefined || spec.name === wanted || key === wanted);
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  const names = specs.map(({ spec, key }) => spec.name ?? key).join(", ");
  throw usageError(
    wanted === undefined
      ? `the file has ${specs.length} specs, one can be run`
      : `no single spec is called "${wanted}"`,
    `choose one with --image: ${names}`,
  );
}

async function openReference(
  reference: string,
  platform: string,
  session: Session,
  signal: AbortSignal,
  places: readonly RunnableImage["place"][],
): Promise<RunnableImage> {
  const { registry, repository, tag, digest } = parseImageReference(reference);
  for (const place of places) {
    const source =
      place === "registry" ? session.registryClient.repository({ registry, repository }) : await session.openStore();
    const name = place === "registry" ? (tag ?? "latest") : reference;
    const stored = await source.readManifest(digest === undefined ? { tag: name } : { digest }, { signal });
    if (stored !== undefined) return openRunnableImage(stored, { reference, place, source }, platform, signal);
  }
  throw new ImageSpecError("IMAGE_NOT_FOUND", `there is no image "${reference}"`, {
    hint: "build it first, or check the name",
    details: { reference },
  });
}
