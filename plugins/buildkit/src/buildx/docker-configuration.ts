import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import type { SolveWork } from "../daemon/daemon.ts";
import type { Environment } from "../daemon/detect.ts";

const helper = "imagespec";
const variable = "IMAGESPEC_LOGINS";

/** Answers docker's questions for logins from its environment; everything else docker may ask of a helper it refuses. */
const helperScript = `const logins = JSON.parse(process.env.${variable} ?? "{}");
let host = "";
process.stdin.on("data", (chunk) => (host += chunk)).on("end", () => {
  const login = process.argv[2] === "get" ? logins[host.trim()] : undefined;
  process.stdout.write(login === undefined ? "credentials not found in native keychain" : JSON.stringify(login));
  process.exitCode = login === undefined ? 1 : 0;
});
`;

/**
 * A configuration of docker's in a folder of its own that is the user's in everything but logins: contexts, builders and plugins are
 * links to theirs. Logins are answered by a helper from the environment of the child, so that none is written to a disk, and for
 * exactly the hosts that the build names.
 *
 * @returns variables for the environment of the child
 */
export async function dockerConfiguration(
  folder: string,
  env: Environment,
  hosts: readonly string[],
  credentials: SolveWork["credentials"],
): Promise<Environment> {
  const logins = await readLogins(hosts, credentials);
  const auths = JSON.stringify({ auths: Object.fromEntries(Object.entries(logins).map(asAuth)) });
  // Without a shell there is no helper; docker 28 and later read this variable.
  if (process.platform === "win32") return { DOCKER_AUTH_CONFIG: auths };
  const theirs = env["DOCKER_CONFIG"] || path.join(env["HOME"] || homedir(), ".docker");
  const ours = path.join(folder, "docker");
  const programs = path.join(folder, "bin");
  await mkdir(ours, { mode: 0o700 });
  await mkdir(programs, { mode: 0o700 });
  for (const entry of await entriesOf(theirs)) {
    if (entry !== "config.json") await symlink(path.join(theirs, entry), path.join(ours, entry));
  }
  const { auths: _auths, credHelpers: _helpers, ...settings } = await readSettings(path.join(theirs, "config.json"));
  await writeFile(path.join(ours, "config.json"), JSON.stringify({ ...settings, credsStore: helper }), { mode: 0o600 });
  const program = path.join(programs, `docker-credential-${helper}`);
  await writeFile(`${program}.cjs`, helperScript);
  await writeFile(program, '#!/bin/sh\nexec "$IMAGESPEC_NODE" "$0.cjs" "$@"\n');
  await chmod(program, 0o700);
  return {
    DOCKER_CONFIG: ours,
    // Builders and their state stay where the user has them, also those of one build to the next.
    BUILDX_CONFIG: env["BUILDX_CONFIG"] || path.join(theirs, "buildx"),
    DOCKER_AUTH_CONFIG: undefined,
    PATH: [programs, env["PATH"] ?? ""].join(path.delimiter),
    IMAGESPEC_NODE: process.execPath,
    [variable]: JSON.stringify(logins),
  };
}

interface HelperLogin {
  readonly ServerURL: string;
  readonly Username: string;
  readonly Secret: string;
}

/** By the names that docker asks for. */
async function readLogins(
  hosts: readonly string[],
  credentials: SolveWork["credentials"],
): Promise<Readonly<Record<string, HelperLogin>>> {
  const logins: Record<string, HelperLogin> = {};
  for (const host of hosts) {
    const found = await credentials(host);
    if (found === undefined) continue;
    const server = host === "docker.io" ? "https://index.docker.io/v1/" : host;
    // A helper's name for a secret that is an identity token.
    const username = found.username === "" ? "<token>" : found.username;
    logins[server] = { ServerURL: server, Username: username, Secret: found.secret };
  }
  return logins;
}

function asAuth([server, { Username, Secret }]: readonly [string, HelperLogin]): readonly [string, object] {
  if (Username === "<token>") return [server, { identitytoken: Secret }];
  return [server, { auth: Buffer.from(`${Username}:${Secret}`).toString("base64") }];
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function readSettings(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse((await readFile(file, "utf8")) || "{}");
    // Handed on as it is.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    // Docker itself would complain of a damaged file; nothing of it is needed to build.
    if (isAbsent(error) || error instanceof SyntaxError) return {};
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EACCES"].includes(systemCodeOf(error) ?? "");
}
