import { Interruption } from "./interruption.ts";
import { main } from "./main.ts";

/** Runs the command line of this process: what `bin/imagespec.js` does. */
export async function start(): Promise<void> {
  const interruption = new Interruption(
    (exitCode) => process.exit(exitCode),
    () => process.stdin.isTTY === true,
  );
  process.on("SIGINT", () => interruption.receive("SIGINT"));
  process.on("SIGTERM", () => interruption.receive("SIGTERM"));
  // A reader that has seen enough (`imagespec plan | head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  const exitCode = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    // Opening it costs a tenth of the start, and hardly any command reads it.
    stdin: { [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interruption.signal,
    handOver: (program) => interruption.handOver(program),
  });
  // Connections that are kept open for a next request would keep the process waiting for them.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(interruption.exitCode ?? exitCode);
}

/** Output to a pipe may still be on its way. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
