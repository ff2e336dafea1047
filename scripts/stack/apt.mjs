import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { run, StackMissingError, say } from "./command.mjs";
import { writeAtomically } from "./folder.mjs";

const policyFile = "/usr/sbin/policy-rc.d";
const policy = "#!/bin/sh\n# imagespec test stack: no service starts by itself during this installation\nexit 101\n";

/** Refuses, by name, a machine on which the stack cannot run. */
export function assertMachine() {
  const missing = [];
  if (process.platform !== "linux" || process.arch !== "x64") missing.push("Linux on x86-64");
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (!/^ID=debian$/m.test(release) || !/^VERSION_CODENAME=bookworm$/m.test(release)) missing.push("Debian 12");
  if (process.getuid?.() !== 0) missing.push("root");
  if (missing.length > 0) throw new StackMissingError(missing.join(", "));
}

/** Which of these Debian packages are not installed. Reads dpkg's own file: starting dpkg-query would cost more. */
export function missingPackages(names) {
  const status = readFileSync("/var/lib/dpkg/status", "utf8");
  return names.filter((name) => {
    const at = `\n${status}`.indexOf(`\nPackage: ${name}\n`);
    return at === -1 || !/^Status: \S+ ok installed$/m.test(status.slice(at, at + 400).split("\n\n")[0] ?? "");
  });
}

/** Installs what is missing of these packages; nothing starts by itself. */
export async function installPackages(names) {
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  say(`apt: ${missing.join(" ")}`);
  const own = !existsSync(policyFile) || readFileSync(policyFile, "utf8") === policy;
  if (own) {
    writeFileSync(policyFile, policy);
    chmodSync(policyFile, 0o755);
  }
  try {
    await run(
      [
        ...["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"],
        ...["-o", "Dpkg::Options::=--force-unsafe-io", "install", "-y", "-qq", "--no-install-recommends", ...missing],
      ],
      { env: { DEBIAN_FRONTEND: "noninteractive" } },
    );
  } finally {
    // On a developer's machine it would keep every later service from starting.
    if (own) rmSync(policyFile, { force: true });
  }
}

export async function updatePackageLists() {
  await run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "update", "-qq"]);
}

/** The archive that this machine's apt uses for Debian's main component. */
export async function debianMirror() {
  const targets = await run([
    ...["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"],
  ]);
  const line = targets.split("\n").find((text) => text.endsWith(" bookworm main"));
  return line?.split(" ")[0] ?? "http://deb.debian.org/debian/";
}

/** Settings of this machine's apt without which an apt in a container would not work here either. */
export async function inheritedAptOptions() {
  const wanted = ["Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy"];
  const dump = await run(["apt-config", "dump", ...wanted]);
  return dump.split("\n").filter((line) => /^[\w:-]+ ".+";$/.test(line));
}

/**
 * Packages of another Debian suite, unpacked into a folder and never installed. They run on this machine's libc;
 * apt works on state of its own.
 *
 * @returns {Promise<string>} the folder
 */
export async function unpackPackages(folder, suite, names) {
  const target = path.join(folder.cache, "unpacked", suite);
  const mark = path.join(target, ".packages.json");
  const have = existsSync(mark) ? JSON.parse(readFileSync(mark, "utf8")) : [];
  if (names.every((name) => have.includes(name))) return target;

  say(`packages of ${suite}: ${names.join(" ")}`);
  const apt = path.join(folder.work, `apt-${suite}`);
  rmSync(apt, { recursive: true, force: true });
  for (const name of ["lists/partial", "archives/partial", "parts", "preferences", "download"]) {
    mkdirSync(path.join(apt, name), { recursive: true });
  }
  writeFileSync(path.join(apt, "status"), "");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(path.join(apt, "sources.list"), `deb [signed-by=${keyring}] ${await debianMirror()} ${suite} main\n`);
  const options = Object.entries({
    "Dir::State::Lists": path.join(apt, "lists"),
    "Dir::State::status": path.join(apt, "status"),
    "Dir::Cache": apt,
    "Dir::Etc::sourcelist": path.join(apt, "sources.list"),
    "Dir::Etc::sourceparts": path.join(apt, "parts"),
    "Dir::Etc::preferencesparts": path.join(apt, "preferences"),
    "Dir::Etc::preferences": "/dev/null",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await run(["apt-get", ...options, "update", "-qq"]);
  const download = path.join(apt, "download");
  await run(["apt-get", ...options, "download", "-qq", ...names], { cwd: download });

  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const file of readdirSync(download)) await run(["dpkg", "-x", path.join(download, file), partial]);
  writeAtomically(path.join(partial, ".packages.json"), JSON.stringify(names));
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  rmSync(apt, { recursive: true, force: true });
  return target;
}
