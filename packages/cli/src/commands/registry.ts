import { resolve } from "node:path";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { formatBytes } from "../output/format.ts";

/** `imagespec registry serve` */
export const registry: Command = {
  name: "registry",
  usage: ["serve [--port NUMBER] [--root FOLDER] [--host HOST]"],
  description: [
    "Serves an image registry from this machine until it is interrupted: for trying things out, for tests and for a\nmachine of one's own. The first line of standard output is its address.",
    "It asks nobody for a password: --host 0.0.0.0 gives the whole network access.",
  ],
  options: {
    port: { type: "text", value: "NUMBER", summary: "port to listen on; 0 takes a free one (default 5000)" },
    host: { type: "text", value: "HOST", summary: "address to listen on (default 127.0.0.1)" },
    root: { type: "text", value: "FOLDER", summary: "where images are kept; without it, in memory" },
    "read-only": { type: "flag", summary: "refuse pushes" },
    verbose: { type: "flag", short: "v", summary: "print every request" },
    json: { type: "flag", summary: "print the address as JSON" },
  },
  maxPositionals: 1,
  run,
};

const highestPort = 65_535;

async function run(args: ParsedArguments, { cwd, stdout, stderr, signal }: CommandContext): Promise<number> {
  const [action] = args.positionals;
  if (action !== "serve") {
    throw usageError(
      action === undefined ? '"registry" needs to know what to do' : `"registry" cannot "${action}"`,
      'write "imagespec registry serve"',
    );
  }
  const port = args.integer("port", 0) ?? 5000;
  if (port > highestPort)
    throw usageError(`"${port}" is no port`, `give a number up to ${highestPort}, or 0 for a free one`);
  const root = args.text("root");
  const host = args.text("host");
  const isVerbose = args.flag("verbose");
  const { startRegistryServer } = await import("@imagespec/registry-server");
  await using server = await startRegistryServer({
    port,
    ...(host === undefined ? {} : { host }),
    ...(root === undefined ? {} : { root: resolve(cwd, root) }),
    readOnly: args.flag("read-only"),
    onRequest: ({ method, path, status, bytesIn, bytesOut, ms }) => {
      if (!isVerbose) return;
      const moved = [
        bytesIn > 0 ? `${formatBytes(bytesIn)} in` : "",
        bytesOut > 0 ? `${formatBytes(bytesOut)} out` : "",
      ];
      stderr.write(`${method} ${path} ${status} ${Math.round(ms)} ms ${moved.filter(Boolean).join(", ")}`.trimEnd());
      stderr.write("\n");
    },
  });
  if (args.flag("json"))
    stdout.write(`${JSON.stringify({ type: "registry", address: server.address, url: server.url })}\n`);
  else stdout.write(`${server.address}\n`);
  stderr.write(`serving ${root === undefined ? "from memory" : `"${root}"`}; end it with Ctrl-C\n`);
  await aborted(signal);
  // A terminal shows the keys as "^C", and what comes next belongs on a line of its own.
  if (stderr.isTTY) stderr.write("\n");
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((end) => {
    if (signal.aborted) end();
    else signal.addEventListener("abort", () => end(), { once: true });
  });
}
