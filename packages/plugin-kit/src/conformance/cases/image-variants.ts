import type { ImageSpecInput } from "@imagespec/core";
import type { ContainerConfig } from "@imagespec/oci";
import { checkImageContract } from "../../contract/check-image-contract.ts";
import type { ContractExpectation } from "../../contract/expectation.ts";
import { validateImage } from "../../validate/validate-image.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { fullSpec } from "../session/full-spec.ts";
import { madeSource, writeProject } from "../session/made-project.ts";
import type { Session } from "../session/session.ts";
import type { StoredImage } from "../session/stored-image.ts";

const group = "image contract";

export const imageVariantCases: readonly ConformanceCase[] = [
  {
    group,
    id: "base-command",
    title: "keeps entrypoint and cmd of the base where the spec has none",
    async run(session) {
      const base = await session.baseConfig();
      const { Entrypoint = [], Cmd = [] } = base;
      await expectCommand(session, {}, { entrypoint: Entrypoint, cmd: Cmd });
      await expectCommand(session, { cmd: ["only", "cmd"] }, { entrypoint: Entrypoint, cmd: ["only", "cmd"] });
    },
  },
  {
    group,
    id: "clears-cmd",
    title: "clears the base's cmd by an entrypoint, and its entrypoint by an empty one",
    async run(session) {
      await expectCommand(session, { entrypoint: ["own"] }, { entrypoint: ["own"], cmd: [] });
      await expectCommand(session, { entrypoint: [] }, { entrypoint: [], cmd: [] });
    },
  },
  {
    group,
    id: "base-user",
    title: "keeps a user of the base that is not root",
    async run(session) {
      const baseImage = await session.derivedBase("user", (config) => ({ ...config, User: "1234:1234" }));
      await expectContract(session, { baseImage, env: { CONF: "1" } }, { user: "1234:1234" });
    },
  },
  {
    group,
    id: "spec-user",
    title: "runs as the user of the spec",
    async run(session) {
      await expectContract(session, { user: "0:0", sourceRoot: "src" }, { user: "0:0", source: madeSource });
    },
  },
  {
    group,
    id: "workdir",
    title: "puts the source into the workdir of the spec",
    async run(session) {
      const workdir = "/srv/my app";
      await expectContract(session, { workdir, sourceRoot: "src" }, { workdir, source: madeSource });
    },
  },
  {
    group,
    id: "no-packages",
    title: "keeps the contract for a spec with nothing but a base",
    async run(session) {
      await expectContract(session, {}, { distributions: {} });
    },
  },
  {
    group,
    id: "nested",
    title: "stands on an image of its own, whose packages stay",
    async run(session) {
      const { base, indexUrl } = await session.environment();
      const inner: ImageSpecInput = {
        name: session.newName(),
        baseImage: base,
        packages: ["conf-beta==1.0"],
        pipIndex: indexUrl,
      };
      const outer: ImageSpecInput = { baseImage: inner, packages: ["conf-gamma"], pipIndex: indexUrl };
      await expectContract(session, outer, { distributions: { "conf-beta": "1.0", "conf-gamma": "0.4" } });
    },
  },
  {
    group,
    id: "runtime-packages",
    title: "leaves runtime packages to the start of the container, with a folder for them",
    needs: ["runtime-packages"],
    async run(session) {
      const breaches = session.breaches();
      const { indexUrl } = await session.environment();
      const input: ImageSpecInput = { packages: ["conf-beta"], runtimePackages: ["conf-gamma"], pipIndex: indexUrl };
      const image = await expectContract(
        session,
        input,
        { distributions: { "conf-beta": "2.0.1" }, env: { IMAGESPEC_RUNTIME_PACKAGES: '["conf-gamma"]' } },
        ["distributions", "env"],
      );
      const folder = image.files.get("/home/imagespec/runtime");
      breaches.check(
        folder?.type === "directory" && folder.uid === 65_532,
        "/home/imagespec/runtime is not a folder of the user",
      );
      const lines = [...image.files]
        .filter(([path]) => /\/site-packages\/[^/]+\.pth$/.test(path))
        .flatMap(([, { content }]) =>
          Buffer.from(content ?? [])
            .toString()
            .split("\n"),
        );
      breaches.check(lines.includes("/home/imagespec/runtime"), "no .pth names /home/imagespec/runtime");
      breaches.end("make the folder and the .pth that the image contract describes");
    },
  },
  {
    group,
    id: "bytecode",
    title: "compiles Python files where the spec says so",
    needs: ["bytecode"],
    async run(session) {
      const { indexUrl } = await session.environment();
      await expectContract(
        session,
        { packages: ["conf-beta"], pipIndex: indexUrl, bytecode: true },
        { bytecode: true },
      );
    },
  },
  {
    group,
    id: "scratch",
    title: "puts files on an empty base",
    needs: ["scratch-base"],
    async run(session) {
      const breaches = session.breaches();
      const trial = await session.built({ baseImage: "scratch", sourceRoot: "src", cmd: ["/app/run.sh"] });
      const { files, source, digest } = await session.stored(trial);
      for (const { rule, message } of await validateImage(source, { digest })) breaches.add(`${rule}: ${message}`);
      for (const name of Object.keys(madeSource))
        breaches.check(files.has(`/app/${name}`), `/app/${name} is not there`);
      breaches.check(!files.has("/usr/local/bin/python3"), "files of another base are there");
      breaches.end("build on nothing: the layers that the spec asks for, and no others");
    },
  },
  {
    group,
    id: "reproducible",
    title: "makes the same bytes again, from fresh caches and files with other times",
    needs: ["reproducible"],
    async run(session) {
      const breaches = session.breaches();
      const one = await session.image();
      const root = await session.folder("project");
      await writeProject(root, 1_600_000_123);
      const cacheFolder = await session.folder("cache");
      const again = await session.built(fullSpec(await session.environment()), { root, cacheFolder });
      breaches.add(...byteDifferences(one, await session.stored(again)));
      const stamped = one.config.created ?? "";
      breaches.check(Date.parse(stamped) === 0, `the config was created at "${stamped}" instead of the epoch`);
      breaches.end('fix times, orders and names that are drawn by chance, or do not declare "reproducible"');
    },
  },
];

async function expectCommand(
  session: Session,
  input: ImageSpecInput,
  wanted: Required<Pick<ContractExpectation, "entrypoint" | "cmd">>,
): Promise<void> {
  await expectContract(session, { env: { CONF: "1" }, ...input }, wanted, ["entrypoint", "cmd"]);
}

/** Builds a spec and holds its image to the contract, or to some rules of it. */
async function expectContract(
  session: Session,
  input: ImageSpecInput,
  expectation: ContractExpectation,
  rules?: readonly string[],
): Promise<StoredImage> {
  const breaches = session.breaches();
  const trial = await session.built(input);
  const image = await session.stored(trial);
  const { source, digest } = image;
  const wanted = { fingerprint: trial.result.fingerprint, ...expectation };
  for (const { rule, message } of await checkImageContract(source, { digest }, wanted)) {
    if (rules === undefined || rules.includes(rule)) breaches.add(`${rule}: ${message}`);
  }
  breaches.end("make images as docs/reference/image-contract.md says");
  return image;
}

function byteDifferences(one: StoredImage, two: StoredImage): readonly string[] {
  if (one.digest === two.digest) return [];
  const found = [...new Set([...one.files.keys(), ...two.files.keys()])].flatMap((path) => {
    const [a, b] = [one.files.get(path), two.files.get(path)];
    if (a === undefined || b === undefined) return [`${path} is in one image only`];
    const fields = (["type", "mode", "uid", "gid", "mtime", "digest", "linkPath"] as const).filter(
      (field) => a[field] !== b[field],
    );
    return fields.length === 0
      ? []
      : [`${path} differs in ${fields.map((field) => `${field} (${a[field]}, ${b[field]})`)}`];
  });
  const config = configDifferences(one.config.config ?? {}, two.config.config ?? {});
  const all = [...found.slice(0, 5), ...config];
  const layers = one.manifest.layers.filter(({ digest }, index) => digest !== two.manifest.layers[index]?.digest);
  return all.length > 0
    ? all
    : [`${one.digest} and ${two.digest}: ${layers.length} layers differ in bytes, none in files; history or order may`];
}

function configDifferences(one: ContainerConfig, two: ContainerConfig): readonly string[] {
  const fields = new Set([...Object.keys(one), ...Object.keys(two)]);
  const text = (config: ContainerConfig, field: string) => JSON.stringify(Reflect.get(config, field));
  return [...fields]
    .filter((field) => text(one, field) !== text(two, field))
    .map((field) => `the config's ${field} is ${text(one, field)}, then ${text(two, field)}`);
}
