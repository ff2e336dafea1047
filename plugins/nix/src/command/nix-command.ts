import { parseArgs } from "node:util";
import type { CliCommand, CliContext } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { NixBuilderOptions } from "../options/nix-builder-options.ts";
import { pinTable } from "../pins/pin-table.ts";

const help = `usage: imagespec nix pin [SOURCE] [--python MINOR] [--verify] [--json]

  imagespec nix pin                the table: which nixpkgs for which Python
  imagespec nix pin --verify       whether each of them is what its row says
  imagespec nix pin nixos-25.11    a pin of what the branch is now, for builderOptions
  imagespec nix pin SOURCE         of a revision of nixpkgs, the URL of a tarball, or a folder

options:
      --python MINOR   the one that is looked for, such as 3.13; of the table, this row alone
      --verify         downloads what is pinned, and compares hash and Python
      --json           as JSON
`;

/** `imagespec nix`. */
export const nixCommand: CliCommand = {
  name: "nix",
  summary: "show, compute and verify pins of package sets",
  help,
  async run(argv, context) {
    const parsed = parse(argv);
    if (parsed === undefined) {
      context.stderr.write(help);
      return 2;
    }
    const { source, python, verify, json } = parsed;
    try {
      if (source === undefined && !verify) return showTable(context, python, json);
      if (source !== undefined) return await showPin(context, source, python, json);
      return await verifyTable(context, python, json);
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      const hint = error.hint === undefined ? "" : `\n  ${error.hint}`;
      context.stderr.write(`${error.code}: ${error.message}${hint}\n`);
      return 1;
    }
  },
};

interface Arguments {
  readonly source: string | undefined;
  readonly python: string | undefined;
  readonly verify: boolean;
  readonly json: boolean;
}

function parse(argv: readonly string[]): Arguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { python: { type: "string" }, verify: { type: "boolean" }, json: { type: "boolean" } },
    });
    const [word, source, ...rest] = positionals;
    if (word !== "pin" || rest.length > 0) return undefined;
    return { source, python: values.python, verify: values.verify === true, json: values.json === true };
  } catch (error) {
    // What parseArgs throws for an option that does not exist.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function rows(python: string | undefined): readonly (readonly [string, (typeof pinTable)[string]])[] {
  const found = Object.entries(pinTable).filter(([minor]) => python === undefined || minor === python);
  if (found.length > 0) return found;
  throw new ImageSpecError("CONFIG_INVALID", `the table has no pin for Python "${python}"`, {
    hint: `use one of: ${Object.keys(pinTable).join(", ")}`,
  });
}

function showTable({ stdout }: CliContext, python: string | undefined, json: boolean): number {
  const found = rows(python);
  if (json) stdout.write(`${JSON.stringify(Object.fromEntries(found), undefined, 2)}\n`);
  else
    for (const [minor, pin] of found) stdout.write(`python ${minor}  ${pin.branch}  Nix ${pin.minNix}  ${pin.url}\n`);
  return 0;
}

async function showPin(
  context: CliContext,
  source: string,
  python: string | undefined,
  json: boolean,
): Promise<number> {
  const { stdout, signal, cwd } = context;
  const [{ NixProcess }, { hashPin }, { lookIntoPin }, { pinSource }] = await tools();
  const nix = new NixProcess(optionsOf(context));
  const named = await pinSource(source, cwd, signal);
  const pin = { ...named, sha256: await hashPin(nix, named, signal) };
  const facts = await lookIntoPin(nix, pin, python ?? "3.12", signal);
  if (json) stdout.write(`${JSON.stringify({ pin, ...facts }, undefined, 2)}\n`);
  else {
    stdout.write(
      `# nixpkgs ${facts.version ?? "of unknown version"}, Python ${facts.python ?? "none"}\nbuilderOptions:\n  pin:\n`,
    );
    for (const [name, value] of Object.entries(pin)) stdout.write(`    ${name}: ${JSON.stringify(value)}\n`);
  }
  return 0;
}

async function verifyTable(context: CliContext, python: string | undefined, json: boolean): Promise<number> {
  const { stdout, signal } = context;
  const [{ NixProcess }, , { lookIntoPin }] = await tools();
  const nix = new NixProcess(optionsOf(context));
  const results: Record<string, string>[] = [];
  for (const [minor, pin] of rows(python)) {
    const problem = await lookIntoPin(nix, pin, minor, signal).then(
      (facts) =>
        facts.python?.startsWith(`${minor}.`) === true ? "" : `its default Python is ${facts.python ?? "none"}`,
      (error: unknown) => {
        if (isImageSpecError(error) && !signal.aborted) return `${error.code}: ${error.message}`;
        throw error;
      },
    );
    results.push({ python: minor, branch: pin.branch, problem });
    if (!json) stdout.write(`python ${minor}  ${pin.branch}  ${problem === "" ? "as pinned" : problem}\n`);
  }
  if (json) stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
  return results.every(({ problem }) => problem === "") ? 0 : 1;
}

/** Loaded when Nix is asked for something: the command's list of commands is not. */
function tools() {
  return Promise.all([
    import("../process/nix-process.ts"),
    import("../pins/hash-pin.ts"),
    import("../pins/look-into-pin.ts"),
    import("../pins/pin-source.ts"),
  ]);
}

/** The plugin's options as the configuration file has them. */
function optionsOf({ options }: CliContext): NixBuilderOptions {
  // The factory checks them when it is called; here only those are read that say where Nix is.
  return typeof options === "object" && options !== null ? (options as NixBuilderOptions) : {};
}
