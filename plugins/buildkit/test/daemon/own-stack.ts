import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { requireStack, run, type SkippableTest } from "@imagespec/test-support";

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../../scripts/stack/${name}.mjs`, import.meta.url));

/** A stack that belongs to one test, which may do to its daemons what it likes. */
export interface OwnStack extends AsyncDisposable {
  /** Address of the daemon. */
  readonly host: string;
  readonly registry: string;
  /** Ends the daemon as a crash would. */
  kill(): void;
  /** Stops it without closing anything, as a machine that hangs would. */
  freeze(): void;
  thaw(): void;
}

/**
 * Starts an Engine 20.10 or a buildkitd that nothing else uses; with `diskMegabytes`, all that it keeps is on a disk of that size in
 * memory.
 */
export async function ownStack(
  context: SkippableTest,
  kind: "engine" | "buildkitd",
  { diskMegabytes }: { readonly diskMegabytes?: number } = {},
): Promise<OwnStack> {
  // Says what the machine lacks, and makes what takes long.
  await requireStack(context, { buildkitd: kind === "buildkitd" });
  // Paths of sockets are short.
  const folder = await mkdtemp("/tmp/is-");
  const options = { env: { IMAGESPEC_STACK_DIR: folder }, timeoutMs: 120_000 };
  const release = async (): Promise<void> => {
    await run([process.execPath, script("down")], options);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const daemons = path.join(folder, "e");
    await mkdir(daemons);
    if (diskMegabytes !== undefined)
      await run(["mount", "-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", daemons]);
    const engines = kind === "engine" ? "20.10" : "";
    const args = ["--engines", engines, "--pythons", "", ...(kind === "buildkitd" ? ["--buildkitd"] : [])];
    const { stdout } = await run([process.execPath, script("up"), ...args], options);
    const facts: {
      readonly registry: string;
      readonly dockerHost?: string;
      readonly buildkit?: { readonly address: string };
    } = JSON.parse(stdout);
    const record = path.join(folder, "run", kind === "engine" ? "engine-20.10.json" : "buildkitd.json");
    const { pid }: { readonly pid: number } = JSON.parse(await readFile(record, "utf8"));
    return {
      host: facts.dockerHost ?? facts.buildkit?.address ?? "",
      registry: facts.registry,
      kill: () => process.kill(pid, "SIGKILL"),
      freeze: () => process.kill(pid, "SIGSTOP"),
      thaw: () => process.kill(pid, "SIGCONT"),
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
