import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { matchesPlatform, parsePlatform } from "@imagespec/oci";
import { findProgram } from "./find-program.ts";
import { hostPlatform } from "./host-platform.ts";
import { launchScript, pythonLauncher, shellLauncher } from "./launch-script.ts";
import { lookAt, PathInRoot, segmentsOf } from "./path-in-root.ts";
import { type Program, programOf } from "./program-of.ts";
import { runProgram, tryProgram } from "./run-program.ts";
import type { RunnableImage } from "./runnable-image.ts";
import type { Refusal, Runner, RunRequest } from "./runner.ts";
import { unpackImage } from "./unpack-image.ts";
import { userOf } from "./user-of.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** How the root folder is changed: in a mount namespace, in a user namespace, or as it is. */
interface Way {
  readonly title: string;
  /** What the script is started with. */
  readonly prefix: readonly string[];
  readonly mode: "mounts" | "no-mounts";
  /** Whether the image's user can be taken on. */
  readonly hasUsers: boolean;
}

const installEngine = "install Docker or Podman";

/** Running in a folder with the image's files, on Linux, without a container engine. */
export async function findLinuxRunner(env: Env, signal: AbortSignal): Promise<Runner | Refusal> {
  const refuse = (reason: string, hint: string): Refusal => ({ name: "linux", reason, hint });
  if (process.platform !== "linux")
    return refuse(`images cannot be run on ${process.platform} without an engine`, installEngine);
  const chroot = await findProgram("chroot", env);
  const { stdout = "" } = chroot === undefined ? {} : await tryProgram(chroot, ["--version"], { env, signal });
  // The one of BusyBox cannot take on a user.
  if (!/coreutils/.test(stdout))
    return refuse("there is no chroot of the GNU coreutils", `${installEngine}, or the package coreutils`);
  const way = await findWay(env, signal);
  if (way === undefined) {
    return refuse(
      "this user may neither change the root folder nor make user namespaces",
      `${installEngine}, run as root, or allow unprivileged user namespaces (and the program unshare of util-linux)`,
    );
  }
  return { name: "linux", title: way.title, run: (image, request) => runIn(way, env, image, request) };
}

async function findWay(env: Env, signal: AbortSignal): Promise<Way | undefined> {
  const unshare = await findProgram("unshare", env);
  const isRoot = process.getuid?.() === 0;
  const options = [...(isRoot ? [] : ["--map-root-user"]), "--mount", "--propagation", "private"];
  if (unshare !== undefined) {
    const { exitCode } = await tryProgram(unshare, [...options, "--", "true"], { env, signal });
    const title = isRoot ? "a chroot" : "a user namespace";
    if (exitCode === 0) return { title, prefix: [unshare, ...options, "--"], mode: "mounts", hasUsers: isRoot };
  }
  return isRoot ? { title: "a chroot", prefix: [], mode: "no-mounts", hasUsers: true } : undefined;
}

async function runIn(way: Way, env: Env, image: RunnableImage, request: RunRequest): Promise<number> {
  const host = hostPlatform();
  if (!matchesPlatform(parsePlatform(host), parsePlatform(image.platform))) {
    throw new ImageSpecError("RUN_UNAVAILABLE", `the image is for "${image.platform}", this machine is "${host}"`, {
      hint: `build it with --platform ${host}, or ${installEngine} with emulation`,
    });
  }
  const program = programOf(image, request);
  const root = await unpackImage(image, request);
  const { uid, gid } = way.hasUsers ? userOf(program.user, root) : { uid: "", gid: "" };
  const stages = join(request.cacheFolder, "run", "stages");
  await mkdir(stages, { recursive: true, mode: 0o700 });
  const stage = await mkdtemp(join(stages, "stage-"));
  try {
    const [shell = "/bin/sh", ...rest] = [
      ...way.prefix,
      ...["/bin/sh", "-c", launchScript, "imagespec-run"],
      ...[root, stage, request.runtimeFolder ?? "", way.mode, String(uid), String(gid)],
      ...launcherFor(root, program),
      ...Object.entries(program.env).map(([name, value]) => `${name}=${value}`),
      ...["--", program.workdir, ...program.command],
    ];
    const own = {
      PATH: `${env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...(env["TERM"] ? { TERM: env["TERM"] } : {}),
    };
    return await runProgram(shell, rest, own, request);
  } finally {
    await removeStage(stage);
  }
}

function launcherFor(root: string, { env }: Program): readonly string[] {
  const isForShell = Object.keys(env).every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const has = (path: string): boolean => lookAt(new PathInRoot(root).entry(segmentsOf(path))) !== undefined;
  if (isForShell && has("bin/sh")) return shellLauncher;
  if (has("opt/venv/bin/python")) return pythonLauncher;
  throw new ImageSpecError("RUN_UNAVAILABLE", "the image has neither a shell nor Python to start a program with", {
    hint: installEngine,
  });
}

async function removeStage(stage: string): Promise<void> {
  try {
    // The overlay leaves this one without any rights.
    await chmod(join(stage, "disk", "work", "work"), 0o700);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
  await rm(stage, { recursive: true, force: true });
}
