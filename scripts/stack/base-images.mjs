import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { debianMirror, inheritedAptOptions } from "./apt.mjs";
import { run, say } from "./command.mjs";
import { expectedModules, layOutPython, patchVersion, pythonArchive, pythons } from "./cpython.mjs";
import { cachedLayer, epoch, packLayer } from "./layer.mjs";
import { unmountBelow } from "./mounts.mjs";
import { pushImage } from "./registry.mjs";

/** Raise it when the recipe below changes, so that layers packed by an older one are not used. */
const recipe = 2;
const hostCertificates = "/usr/local/share/ca-certificates";
/** What the hub's slim python images have over Debian's, as far as these builds link to it. */
const pythonNeeds = ["libffi8", "libncursesw6", "libnsl2", "libreadline8", "libsqlite3-0", "netbase", "tzdata"];
const slim = [
  ...["path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/doc/*"],
  ...["path-include=/usr/share/doc/*/copyright", "force-unsafe-io"],
];

/** Never part of a layer. Excluded instead of removed: a removal in an overlay would leave a whiteout device. */
const transient = ["var/lib/apt/lists/*", "var/cache/apt/*", "var/cache/ldconfig/*", "var/log/*", "etc/resolv.conf"];
/** Certificates that this machine's owner added; the images trust them too, so that TLS works in a build as it does here. */
function addedCertificates() {
  if (!existsSync(hostCertificates)) return [];
  return readdirSync(hostCertificates)
    .filter((name) => name.endsWith(".crt"))
    .sort()
    .map((name) => ({ name, content: readFileSync(path.join(hostCertificates, name)) }));
}

function recipeKey(name, ...parts) {
  const hash = createHash("sha256").update(JSON.stringify([recipe, epoch, name, slim, pythonNeeds, ...parts]));
  for (const { name: file, content } of addedCertificates()) hash.update(file).update(content);
  return `${name}-${hash.digest("hex").slice(0, 16)}`;
}

/** What stands for the base images of these minors: another value means that those in a registry are out of date. */
export function baseImagesKey(minors) {
  return recipeKey("images", Object.fromEntries(minors.map((minor) => [minor, pythons[minor]])));
}

/** The downloads that the images of these minors will need, so that they can begin before anything is installed. */
export async function fetchPythons(folder, minors) {
  const absent = minors.filter((minor) => !cachedLayer(folder, pythonKey(minor)));
  await Promise.all(absent.map((minor) => pythonArchive(folder, minor)));
}

function pythonKey(minor) {
  return recipeKey(`python-${minor}`, pythons[minor]);
}

/**
 * The layers of Debian slim and of each python on it. Only what no earlier run has packed is made: the root file system by
 * mmdebstrap, and what stands on it in overlays, whose upper folders are the layers.
 *
 * @param {Promise<void>} downloads of {@link fetchPythons}, waited for when they are needed
 */
export async function baseLayers(folder, minors, downloads) {
  const debianKey = recipeKey("debian");
  const needsKey = recipeKey("python-needs");
  let debian = cachedLayer(folder, debianKey);
  let needs = cachedLayer(folder, needsKey);
  const python = Object.fromEntries(minors.map((minor) => [minor, cachedLayer(folder, pythonKey(minor))]));
  if (!debian || !needs || Object.values(python).some((layer) => !layer)) {
    const work = path.join(folder.work, "base");
    unmountBelow(work);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(path.join(folder.cache, "layers"), { recursive: true });
    const root = path.join(work, "debian");
    const needsFolder = path.join(work, "needs");
    if (debian && needs) {
      // What is there stays as it is: a root made today could differ from the one that other layers stand on.
      await Promise.all([unpackLayer(debian, root), unpackLayer(needs, path.join(needsFolder, "upper"))]);
    } else {
      await makeRoot(root);
      [debian, needs] = await Promise.all([
        packLayer(folder, debianKey, root, [...transient, "dev/*", "proc/*", "sys/*", "tmp/*", "etc/hostname"]),
        withOverlay([root], needsFolder, async (merged, upper) => {
          await chroot(merged, ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...pythonNeeds]);
          return packLayer(folder, needsKey, upper, transient);
        }),
      ]);
    }
    await downloads;
    const lowers = [path.join(needsFolder, "upper"), root];
    await Promise.all(
      minors
        .filter((minor) => !python[minor])
        .map(async (minor) => {
          say(`CPython ${patchVersion(minor)} base image`);
          python[minor] = await withOverlay(lowers, path.join(work, minor), async (merged, upper) => {
            await layOutPython(folder, minor, merged);
            await chroot(merged, ["ldconfig"]);
            await chroot(merged, ["python3", "-c", `import ${expectedModules(minor).join(", ")}`]);
            return packLayer(folder, pythonKey(minor), upper, transient);
          });
        }),
    );
    rmSync(work, { recursive: true, force: true });
  }
  return { debian, needs, python };
}

async function makeRoot(root) {
  say("Debian root file system");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(path.dirname(root), { recursive: true });
  const mirror = await debianMirror();
  const official = /^https?:\/\/deb\.debian\.org\/debian\/?$/.test(mirror);
  const aptOptions = await inheritedAptOptions();
  await run(
    [
      ...["mmdebstrap", "--quiet", "--mode=root", "--format=directory", "--variant=minbase"],
      // Without them the package usrmerge comes, and all of perl with it.
      ...["--include=ca-certificates,usr-is-merged", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"],
      ...slim.map((option) => `--dpkgopt=${option}`),
      ...aptOptions.map((option) => `--aptopt=${option}`),
      // The lists serve the packages that are added in overlays.
      ...["--skip=cleanup/apt/lists", "bookworm", root, ...(official ? [] : [mirror])],
    ],
    { env: { SOURCE_DATE_EPOCH: String(epoch) } },
  );
  const certificates = addedCertificates();
  if (certificates.length > 0) {
    for (const { name, content } of certificates) writeFileSync(path.join(root, hostCertificates, name), content);
    await chroot(root, ["update-ca-certificates"]);
    // An older pip trusts its own list alone.
    writeFileSync(path.join(root, "etc/pip.conf"), "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n");
  }
  cpSync("/etc/resolv.conf", path.join(root, "etc/resolv.conf"), { dereference: true });
}

async function unpackLayer(layer, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  await run(["tar", "--extract", "--gzip", "--numeric-owner", "--same-owner", "-p", "-f", layer.file, "-C", target]);
}

/** Runs an action on a writable view of folders; `upper` then holds exactly what it changed. */
async function withOverlay(lowers, at, action) {
  const [upper, work, merged] = ["upper", "work", "merged"].map((name) => path.join(at, name));
  for (const name of [upper, work, merged]) mkdirSync(name, { recursive: true });
  const options = `lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
  await run(["mount", "-t", "overlay", "overlay", "-o", options, merged]);
  try {
    const result = await action(merged, upper);
    const whiteouts = await run(["find", upper, "-type", "c"]);
    if (whiteouts !== "") throw new Error(`the layer would remove files of the layers below:\n${whiteouts}`);
    return result;
  } finally {
    await run(["umount", merged]);
  }
}

function chroot(root, argv) {
  const env = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    DEBIAN_FRONTEND: "noninteractive",
    PYTHONDONTWRITEBYTECODE: "1",
    SSL_CERT_FILE: "",
    SSL_CERT_DIR: "",
  };
  return run(["/usr/sbin/chroot", root, ...argv], { env });
}

const created = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
const step = (createdBy, empty) => ({ created, created_by: createdBy, ...(empty ? { empty_layer: true } : {}) });

/** Pushes `library/debian` and `library/python`, with configs like those of the hub's images. */
export async function pushBaseImages(registry, { debian, needs, python }) {
  const common = { architecture: "amd64", os: "linux", created };
  const debianHistory = [step("# debian.sh --arch 'amd64' out/ 'bookworm' '@1700000000'")];
  await pushImage(registry, {
    repository: "library/debian",
    tags: ["bookworm-slim", "12-slim"],
    layers: [debian],
    config: {
      ...common,
      config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["bash"] },
      rootfs: { type: "layers", diff_ids: [debian.diffId] },
      history: debianHistory,
    },
  });
  for (const [minor, layer] of Object.entries(python)) {
    const version = patchVersion(minor);
    const [, feature] = minor.split(".").map(Number);
    const variables = [
      "PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      // As in the hub's images: from 3.13 on they no longer set it.
      ...(feature < 13 ? ["LANG=C.UTF-8"] : []),
      `PYTHON_VERSION=${version}`,
    ];
    await pushImage(registry, {
      repository: "library/python",
      tags: [`${minor}-slim`, `${version}-slim`, `${minor}-slim-bookworm`, `${version}-slim-bookworm`],
      layers: [debian, needs, layer],
      config: {
        ...common,
        config: { Env: variables, Cmd: ["python3"] },
        rootfs: { type: "layers", diff_ids: [debian.diffId, needs.diffId, layer.diffId] },
        history: [
          ...debianHistory,
          step(`ENV ${variables[0]}`, true),
          step(`RUN /bin/sh -c apt-get install -y --no-install-recommends ${pythonNeeds.join(" ")} # buildkit`),
          ...variables.slice(1).map((variable) => step(`ENV ${variable}`, true)),
          step(`RUN /bin/sh -c make install # buildkit (CPython ${version})`),
          step('CMD ["python3"]', true),
        ],
      },
    });
  }
}
