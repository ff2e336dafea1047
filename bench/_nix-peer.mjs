// The peer: what is left when nixpkgs' own script is not at hand. Nix says what is in the closure, tar writes all of it into a
// docker archive, and skopeo, which remembers what it has pushed, brings it to the registry.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Runs a command and gives its output. */
export function command(argv, { env = {}, cwd } = {}) {
  const [program, ...args] = argv;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    cwd,
    env: { ...process.env, ...env },
  });
  if (status !== 0)
    throw new Error(`${argv.slice(0, 4).join(" ")} ended with ${status}: ${error?.message ?? stderr.slice(-2000)}`);
  return stdout;
}

async function hashOf(file) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

const tarOptions = ["--sort=name", "--mtime=@1", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];

/**
 * Makes and pushes the image as a whole.
 *
 * @param peer `{ folder, store, set, modules, source, reference, home, nixConfig, tag }`; `home` holds skopeo's memory
 * @returns milliseconds, evaluation included
 */
export async function pushWhole({ folder, store, set, modules, source, reference, home, nixConfig, variable }) {
  const start = performance.now();
  const env = { NIX_CONFIG: nixConfig, NIX_PATH: "" };
  const attributes = ["python311", ...modules.map((name) => `python311.pkgs.${name}`)];
  const expression = path.join(folder, "set.nix");
  const { path: tree, sha256 } = set;
  writeFileSync(
    expression,
    `import (builtins.path { path = ${tree}; sha256 = "${sha256}"; name = "source"; }) { system = "x86_64-linux"; }\n`,
  );
  const paths = command(["nix-build", "--no-out-link", expression, ...attributes.flatMap((name) => ["-A", name])], {
    env,
  });
  const closure = command(["nix-store", "--query", "--requisites", ...new Set(paths.trim().split("\n"))], { env });
  const image = path.join(folder, "image");
  rmSync(image, { recursive: true, force: true });
  mkdirSync(image, { recursive: true });
  const layers = [];
  const add = async (args) => {
    const name = `${layers.length}.tar`;
    const file = path.join(image, name);
    command(["tar", "-cf", file, ...tarOptions, ...args]);
    layers.push({ name, digest: await hashOf(file) });
  };
  for (const storePath of closure.trim().split("\n").sort()) await add(["-C", store, storePath.slice(1)]);
  await add(["-C", source, "--transform", "s,^\\.,app,", "."]);
  const config = {
    architecture: "amd64",
    os: "linux",
    created: "1970-01-01T00:00:01Z",
    config: { Env: [`RUN=${variable}`] },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  };
  writeFileSync(path.join(image, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: null, Layers: layers.map(({ name }) => name) }];
  writeFileSync(path.join(image, "manifest.json"), JSON.stringify(manifest));
  const archive = path.join(folder, "image.tar");
  command(["tar", "-C", image, "-cf", archive, "config.json", "manifest.json", ...layers.map(({ name }) => name)]);
  const target = `docker://${reference}`;
  const skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"];
  command([...skopeo, `docker-archive:${archive}`, target], {
    env: { HOME: home, XDG_DATA_HOME: path.join(home, "data") },
  });
  return performance.now() - start;
}
