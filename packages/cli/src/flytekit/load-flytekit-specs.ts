import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import {
  defaultFlytekitPython,
  type FlytekitRequest,
  flytekitBuilds,
  isFlytekitRequest,
  newestFlytekit,
  parseFlytekitRequest,
  parseFlytekitYaml,
} from "@imagespec/flytekit";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { CommandContext } from "../command-context.ts";
import { readAll } from "../specs/load-specs.ts";
import type { SpecToBuild } from "../specs/spec-to-build.ts";

/** A file of flytekit's, read. */
export type LoadedRequest = Pick<FlytekitRequest, "spec" | "version" | "python"> &
  Partial<FlytekitRequest> & { readonly file: string; readonly root: string };

/** Reads flytekit's spec file, or a request, or `-` for either on standard input. @throws what reading them throws */
export async function loadFlytekitFile(
  file: string,
  args: ParsedArguments,
  { cwd, stdin }: CommandContext,
): Promise<LoadedRequest> {
  const text = file === "-" ? await readAll(stdin) : await readText(resolve(cwd, file), file);
  const folder = file === "-" ? cwd : dirname(resolve(cwd, file));
  if (isFlytekitRequest(text) || file.endsWith(".json")) {
    for (const name of ["flytekit-version", "python"] as const) {
      if (args.text(name) === undefined) continue;
      throw usageError(`"--${name}" is for spec files, "${file}" is a request`, "leave it out: the request says it");
    }
    const request = parseFlytekitRequest(text, { file });
    return { ...request, file, root: request.root ?? folder };
  }
  return {
    spec: parseFlytekitYaml(text, { file }),
    version: args.text("flytekit-version") ?? newestFlytekit,
    python: args.text("python") ?? defaultFlytekitPython,
    file,
    // flytekit looks paths up in its working directory, which is the user's here too.
    root: cwd,
  };
}

/** The images to build for flytekit's files, bases before what stands on them. @throws what reading and converting throw */
export async function loadFlytekitSpecs(
  args: ParsedArguments,
  context: CommandContext,
): Promise<readonly SpecToBuild[]> {
  const [first] = args.positionals;
  if (first === undefined) throw usageError('"--format flytekit" needs a file', "name flytekit's spec file");
  const specs: SpecToBuild[] = [];
  for (const file of args.positionals) {
    const request = await loadFlytekitFile(file, args, context);
    const builds = flytekitBuilds(request);
    for (const [position, { spec, options, imageName, tag, id }] of builds.entries()) {
      const isBase = position < builds.length - 1;
      specs.push({
        spec,
        file,
        root: request.root,
        key: isBase ? `base ${position + 1}` : "0",
        lockName: spec.name ?? "flytekit",
        locate: () => undefined,
        build: options,
        told: { flytekit: { imageName, tag, id } },
      });
    }
  }
  return specs;
}

async function readText(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw new ImageSpecError(
      isMissing ? "SPEC_FILE_MISSING" : "SPEC_FILE_UNREADABLE",
      isMissing ? `there is no file "${file}"` : `"${file}" cannot be read: ${code}`,
      { hint: "name flytekit's spec file, or a request", details: { file }, cause: error },
    );
  }
}
