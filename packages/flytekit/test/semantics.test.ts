import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { assemble } from "@imagespec/builder-assemble";
import {
  defaultPythonVersion,
  ImageBuildEngine,
  ImageSpec,
  type ImageSpecInput,
  imageId,
  imageName,
  isContainer as isOurContainer,
  normalizeImageSpec,
  resolveImageSpec,
} from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { type RegistryServer, startRegistryServer } from "@imagespec/registry-server";
import { type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CopyMode,
  decodeSpec,
  type FlytekitSpec,
  type FlytekitTagOptions,
  fieldCounterparts,
  flytekitFields,
  flytekitId,
  flytekitImageName,
  flytekitTag,
  isContainer,
  PythonTuple,
  toImageSpec,
} from "../src/index.ts";
import { applyCalls } from "./support/apply-calls.ts";
import { writeFixture } from "./support/vectors.ts";

let folder: TemporaryFolder;
let registry: RegistryServer;

beforeAll(async () => {
  folder = await temporaryFolder("imagespec-flytekit-");
  await writeFixture(folder.path);
  registry = await startRegistryServer({});
});

afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

/** flytekit's tag. */
function theirs(spec: FlytekitSpec, options: FlytekitTagOptions = {}): string {
  return flytekitTag(spec, { root: folder.path, ...options });
}

/** Our fingerprint. */
async function ours(input: ImageSpecInput): Promise<string> {
  return (await resolveImageSpec(new ImageSpec(input), { root: folder.path })).fingerprint;
}

function converted(spec: FlytekitSpec, options: Parameters<typeof toImageSpec>[1] = {}): ImageSpecInput {
  return toImageSpec(spec, { root: folder.path, requirement: null, ...options }).toJSON();
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isImageSpecError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(folder.join(file), text);
}

/** An engine with a cache of its own, whose builder needs no network for a tree of files. */
function engine(): ImageBuildEngine {
  return new ImageBuildEngine({ builders: [assemble()], cacheFolder: folder.join("cache") });
}

const tree: ImageSpecInput = { name: "team/tree", baseImage: "scratch", copy: ["assets/single.txt"] };
const local = (changes: ImageSpecInput = {}) => new ImageSpec({ ...tree, registry: registry.address, ...changes });

type Row = () => void | Promise<void>;

const fields: Readonly<Record<keyof FlytekitSpec, Row>> = {
  name: async () => {
    expect(theirs({ name: "A" })).toBe(theirs({ name: "a" }));
    expect(theirs({ name: "a" })).not.toBe(theirs({ name: "b" }));
    expect(codeOf(() => new ImageSpec({ name: "A" }))).toBe("SPEC_REFERENCE");
    expect(await ours({ name: "a" })).toBe(await ours({ name: "b" }));
    expect(converted({ name: "Train" })).toMatchObject({ name: "train" });
  },
  python_version: async () => {
    expect(theirs({}, { python: "3.9" })).toBe(theirs({}, { python: "3.12" }));
    expect(await ours({})).toBe(await ours({ pythonVersion: defaultPythonVersion }));
    expect(converted({}, { python: "3.9" })).toMatchObject({ pythonVersion: "3.9" });
    expect(converted({ python_version: "3.12.4" })).toMatchObject({ pythonVersion: "3.12.4" });
  },
  builder: async () => {
    expect(theirs({ builder: "envd" })).toBe(theirs({}));
    expect(await ours({ builder: "assemble" })).toBe(await ours({}));
    expect(converted({ builder: "default" })).not.toHaveProperty("builder");
  },
  source_root: async () => {
    const root = (name: string) => ({ source_root: folder.join(name), source_copy_mode: CopyMode.ALL });
    expect(theirs(root("proj_col1"))).toBe(theirs(root("proj_col2")));
    expect(await ours({ sourceRoot: "proj_col1" })).not.toBe(await ours({ sourceRoot: "proj_col2" }));
    expect(converted(root("proj_col1"))).toMatchObject({ sourceRoot: "proj_col1", sourceCopyMode: "all" });
  },
  env: async () => {
    const one = new Map([
      ["A", "1"],
      ["B", "2"],
    ]);
    const other = new Map([
      ["B", "2"],
      ["A", "1"],
    ]);
    expect(theirs({ env: one })).not.toBe(theirs({ env: other }));
    expect(await ours({ env: { A: "1", B: "2" } })).toBe(await ours({ env: { B: "2", A: "1" } }));
    expect(converted({ env: { A: "two words $X", N: 1, T: true, Z: null } })).toMatchObject({
      env: { A: "two words $X", N: "1", T: "True", Z: "None" },
    });
  },
  registry: async () => {
    expect(theirs({ registry: "a.example.org" })).not.toBe(theirs({ registry: "b.example.org" }));
    expect(await ours({ registry: "a.example.org" })).toBe(await ours({ registry: "b.example.org" }));
    expect(converted({ registry: "Acme" })).toMatchObject({ registry: "docker.io/acme" });
    expect(converted({ registry: "ghcr.io/acme" })).toMatchObject({ registry: "ghcr.io/acme" });
  },
  packages: async () => {
    expect(theirs({ packages: [] })).not.toBe(theirs({}));
    expect(await ours({ packages: [] })).toBe(await ours({}));
    const added = toImageSpec({ packages: ["numpy"] }, { root: folder.path, version: "1.16.31" });
    expect(added.packages).toEqual(["numpy", "flytekit==1.16.31"]);
    expect(toImageSpec({ packages: ["flytekit==1.13.0"] }).packages).toEqual(["flytekit==1.13.0"]);
  },
  conda_packages: async () => {
    expect(theirs({ conda_packages: ["a"] })).not.toBe(theirs({ conda_packages: ["b"] }));
    expect(await ours({ condaPackages: ["a"] })).not.toBe(await ours({ condaPackages: ["b"] }));
    expect(converted({ conda_packages: ["pytorch=2.1"] })).toMatchObject({ condaPackages: ["pytorch=2.1"] });
  },
  conda_channels: () => {
    expect(converted({ conda_channels: ["nvidia", "conda-forge"] })).toMatchObject({
      condaChannels: ["nvidia", "conda-forge"],
    });
  },
  requirements: async () => {
    await write("main.txt", "-r more.txt\n");
    await write("more.txt", "six\n");
    const [before, fingerprint] = [theirs({ requirements: "main.txt" }), await ours({ requirements: "main.txt" })];
    await write("more.txt", "idna\n");
    expect(theirs({ requirements: "main.txt" })).toBe(before);
    expect(await ours({ requirements: "main.txt" })).not.toBe(fingerprint);
    const absolute = converted({ requirements: folder.join("main.txt") });
    expect(absolute).toMatchObject({ requirements: "main.txt" });
  },
  apt_packages: async () => {
    expect(theirs({ apt_packages: ["git", "curl"] })).not.toBe(theirs({ apt_packages: ["curl", "git"] }));
    expect(await ours({ aptPackages: ["git", "curl"] })).toBe(await ours({ aptPackages: ["curl", "git"] }));
    theirs({ apt_packages: ["$(id)"] });
    expect(codeOf(() => new ImageSpec({ aptPackages: ["$(id)"] }))).not.toBe("accepted");
  },
  cuda: () => {
    expect(theirs({ cuda: "12.4" })).not.toBe(theirs({}));
    expect(converted({ cuda: "12.4" })).toMatchObject({ cuda: "12.4" });
  },
  cudnn: () => {
    expect(theirs({ cudnn: "9" })).not.toBe(theirs({}));
    expect(codeOf(() => new ImageSpec({ cudnn: "9" }))).toBe("SPEC_CONFLICT");
  },
  base_image: async () => {
    const base: FlytekitSpec = { name: "base", packages: ["a"] };
    const flat = { base_image: flytekitImageName(base) };
    expect(theirs({ base_image: base })).toBe(theirs(flat));
    expect(flytekitId({ base_image: base })).not.toBe(flytekitId(flat));
    expect(converted({ base_image: base })).toMatchObject({ baseImage: { name: "base", packages: ["a"] } });
    expect(normalizeImageSpec(toImageSpec({})).base).toEqual({
      kind: "reference",
      reference: "docker.io/library/python:3.11-slim",
    });
  },
  platform: async () => {
    const spec: FlytekitSpec = { registry: "localhost:30000" };
    expect(theirs(spec, { machine: "arm64" })).not.toBe(theirs(spec, { machine: "x86_64" }));
    expect(theirs(spec, { machine: "arm64", version: "1.15.4" })).toBe(theirs(spec, { machine: "x86_64" }));
    expect(normalizeImageSpec(new ImageSpec({})).platforms).toEqual(["linux/amd64"]);
    const both = converted({ platform: "linux/amd64,linux/arm64" });
    expect(both).toMatchObject({ platform: ["linux/amd64", "linux/arm64"] });
  },
  pip_index: () => {
    const url = "https://me:pw@pypi.example.org/simple";
    expect(theirs({ pip_index: url })).not.toBe(theirs({ pip_index: url.replace("pw", "other") }));
    expect(JSON.stringify(converted({ pip_index: url }))).not.toContain("pw");
  },
  pip_extra_index_url: () => {
    const url = "https://me:pw@pypi.example.org/simple";
    const input = converted({ pip_extra_index_url: [url] });
    expect(input.pipExtraIndexUrl).toHaveLength(1);
    expect(JSON.stringify(input)).not.toContain("pw");
  },
  pip_secret_mounts: async () => {
    const mounts = [new PythonTuple(["secrets/netrc", "/root/.netrc"])];
    expect(theirs({ pip_secret_mounts: mounts })).toBe(theirs({}));
    const secret: ImageSpecInput = { pipSecretMounts: [["secrets/netrc", "/root/.netrc"]] };
    expect(await ours(secret)).toBe(await ours({}));
    expect(converted({ pip_secret_mounts: mounts })).toMatchObject(secret);
    expect(codeOf(() => theirs({ pip_secret_mounts: [["a", "b"]] }))).toBe("FLYTEKIT_SPEC");
  },
  pip_extra_args: () => {
    expect(converted({ pip_extra_args: "--pre" })).toMatchObject({ pipExtraArgs: "--pre" });
    expect(codeOf(() => new ImageSpec({ pipExtraArgs: "--index-url https://a.example.org" }))).not.toBe("accepted");
  },
  registry_config: async () => {
    expect(theirs({ registry_config: "conf/registry.json" })).toBe(theirs({}));
    expect(await ours({ registryConfig: "conf/registry.json" })).toBe(await ours({}));
    expect(converted({ registry_config: "conf/r.json" })).toMatchObject({ registryConfig: "conf/r.json" });
  },
  entrypoint: async () => {
    expect(theirs({ entrypoint: [] })).not.toBe(theirs({}));
    expect(await ours({ entrypoint: [] })).not.toBe(await ours({}));
    expect(converted({ entrypoint: [] })).toMatchObject({ entrypoint: [] });
  },
  commands: () => {
    const commands = ["cd /tmp", "make"];
    expect(converted({ commands })).toMatchObject({ commands: ["cd /tmp && make"] });
    expect(converted({ commands, copy: ["assets"] })).toMatchObject({
      commands: [{ run: "cd /tmp && make", after: "source" }],
    });
  },
  tag_format: async () => {
    expect(theirs({ tag_format: "{spec_hash:.4}-{{x}}" })).toMatch(/^\w{4}-\{x\}$/);
    expect(codeOf(() => new ImageSpec({ tagFormat: "{spec_hash:.4}" }))).toBe("SPEC_VALUE");
    const resolved = await resolveImageSpec(new ImageSpec({ tagFormat: "{spec_hash}-dev" }));
    expect(resolved.tag).toMatch(/^u1-[a-z2-7]{16}-dev$/);
  },
  source_copy_mode: () => {
    const root = folder.join("proj_a");
    expect(theirs({ source_root: root })).toBe(
      theirs({ source_root: root, source_copy_mode: CopyMode.LOADED_MODULES }),
    );
    expect(normalizeImageSpec(new ImageSpec({ sourceRoot: "proj_a" })).sourceCopyMode).toBe("all");
    const none = converted({ source_root: "proj_a", source_copy_mode: CopyMode.NO_COPY });
    expect(none).toMatchObject({ sourceRoot: "proj_a", sourceCopyMode: "none" });
  },
  copy: async () => {
    expect(theirs({ copy: ["assets/a/f.txt"] })).toBe(theirs({ copy: ["assets/b/f.txt"] }));
    expect(await ours({ copy: ["assets/a/f.txt"] })).not.toBe(await ours({ copy: ["assets/b/f.txt"] }));
    theirs({ copy: ["none.txt"] });
    await expect(ours({ copy: ["none.txt"] })).rejects.toMatchObject({ code: "SPEC_FILE_MISSING" });
    expect(converted({ copy: ["assets"] })).toMatchObject({ copy: ["assets"] });
  },
  python_exec: () => {
    const spec: FlytekitSpec = { python_exec: "/usr/bin/python3", base_image: "nvcr.io/nvidia/pytorch:24.01-py3" };
    const input = converted(spec);
    expect(input).toMatchObject({ pythonExec: "/usr/bin/python3" });
    expect(input).not.toHaveProperty("pythonVersion");
  },
  runtime_packages: async () => {
    expect(theirs({ runtime_packages: ["six"] })).toBe(theirs({}));
    expect(await ours({ runtimePackages: ["six"] })).not.toBe(await ours({}));
    expect(converted({ runtime_packages: ["six"] })).toMatchObject({ runtimePackages: ["six"] });
    expect(converted({ runtime_packages: ["six"] }, { runtimePackages: false })).not.toHaveProperty("runtimePackages");
  },
  builder_options: () => {
    expect(theirs({ builder_options: { a: 1 } })).not.toBe(theirs({}));
    expect(codeOf(() => new ImageSpec({ builderOptions: { a: 1 } }))).toBe("SPEC_CONFLICT");
    expect(converted({ builder_options: { a: 1 } })).not.toHaveProperty("builderOptions");
  },
  builder_config: () => {
    expect(codeOf(() => theirs({ builder_config: { a: 1 } }, { version: "1.15.4" }))).toBe("FLYTEKIT_SPEC");
    expect(theirs({ builder_config: { a: 1 } })).not.toBe(theirs({}));
    const input = { builderConfig: {} } as ImageSpecInput;
    expect(codeOf(() => new ImageSpec(input))).toBe("SPEC_UNKNOWN_FIELD");
  },
};

/** By class, as docs/reference/compared-with-flytekit.md lists them. */
const methods: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  "Methods of ImageSpec": {
    "exist()": async () => {
      await using own = engine();
      const spec = local({ name: "team/exist" });
      const options = { root: folder.path };
      expect(await own.exists(spec, options)).toEqual({ state: "absent" });
      await own.build(spec, options);
      expect(await own.exists(spec, options)).toMatchObject({ state: "present", verified: true });
      const nowhere = local({ registry: "127.0.0.1:1" });
      expect(await own.exists(nowhere, options)).toMatchObject({ state: "unknown", reason: expect.any(String) });
      await expect(own.build(nowhere, options)).rejects.toMatchObject({ code: "EXISTENCE_UNKNOWN" });
    },
    "force_push()": async () => {
      await using own = engine();
      const spec = local({ name: "team/force" });
      const options = { root: folder.path };
      const actions: string[] = [];
      for (const force of [false, false, true]) actions.push((await own.build(spec, { ...options, force })).action);
      expect(actions).toEqual(["built", "exists", "built"]);
      // The option belongs to the build: later copies of the spec lose nothing.
      expect((await own.build(spec.withEnv({ A: "1" }), { ...options, force: true })).action).toBe("built");
    },
    "from_env()": async () => {
      const packages = Object.freeze(["six"]);
      const spec = await ImageSpec.fromPythonEnvironment({ packages, python: "python3" });
      const minor = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
      expect(spec.pythonVersion).toBe(minor.toString().trim());
      expect(spec.packages).toEqual(["six"]);
      await expect(
        ImageSpec.fromPythonEnvironment({ pinnedPackages: ["no-such-package-here"], python: "python3" }),
      ).rejects.toMatchObject({ code: "SPEC_PACKAGE_NOT_FOUND" });
      await expect(ImageSpec.fromPythonEnvironment({ pythonVersion: "3.10" })).rejects.toMatchObject({
        code: "SPEC_CONFLICT",
      });
    },
    "image_name()": async () => {
      const spec = { name: "app", registry: "ghcr.io/acme" };
      expect(flytekitImageName(spec)).toBe(`ghcr.io/acme/app:${theirs(spec)}`);
      expect(await imageName(new ImageSpec(spec))).toMatch(/^ghcr\.io\/acme\/app:u1-[a-z2-7]{16}$/);
    },
    "is_container()": () => {
      const spec: FlytekitSpec = { packages: ["six"] };
      expect(isContainer(spec, { env: {} })).toBe(true);
      expect(isContainer(spec, { env: { _F_IMG_ID: flytekitId(spec) } })).toBe(true);
      expect(isContainer(spec, { env: { _F_IMG_ID: "other" } })).toBe(false);
      const image = toImageSpec(spec, { imageId: true });
      expect(image.env).toEqual({ _F_IMG_ID: flytekitId(spec) });
      expect(isOurContainer(image, { IMAGESPEC_ID: imageId(image) })).toBe(true);
      // Where the source is, which the serializer of flytekit sets late, changes nothing.
      expect(imageId(image.with({ sourceRoot: "proj_a" }))).toBe(imageId(image));
      expect(flytekitId({ ...spec, source_root: "proj_a" })).not.toBe(flytekitId(spec));
    },
    "with_apt_packages()": () => {
      expect(applyCalls({}, [{ method: "with_apt_packages", args: ["git"] }])).toEqual({ apt_packages: ["git"] });
      const spec = new ImageSpec({});
      expect([spec.withAptPackages("git", ["curl"]).aptPackages, spec.aptPackages]).toEqual([
        ["git", "curl"],
        undefined,
      ]);
    },
    "with_commands()": () => {
      expect(applyCalls({}, [{ method: "with_commands", args: [["a"]] }])).toEqual({ commands: ["a"] });
      const spec = new ImageSpec({ commands: ["a"] });
      expect([spec.withCommands("b").commands, spec.commands]).toEqual([["a", "b"], ["a"]]);
    },
    "with_copy()": () => {
      expect(applyCalls({}, [{ method: "with_copy", args: ["a"] }])).toEqual({ copy: ["a"] });
      const spec = new ImageSpec({ copy: ["a"] });
      expect([spec.withCopy("b", { from: "c", to: "d" }).copy, spec.copy]).toEqual([
        ["a", "b", { from: "c", to: "d" }],
        ["a"],
      ]);
    },
    "with_packages()": () => {
      const tuple = { $py: "tuple", items: ["b"] };
      expect(applyCalls({ packages: ["a"] }, [{ method: "with_packages", args: [tuple] }])).toEqual({
        packages: ["a"],
      });
      expect(new ImageSpec({ packages: ["a"] }).withPackages(...(["b"] as const)).packages).toEqual(["a", "b"]);
    },
  },
  "Properties of ImageSpec": {
    tag: async () => {
      expect(theirs({ packages: ["six"] })).toMatch(/^\w{22}$/);
      expect((await resolveImageSpec(new ImageSpec({ packages: ["six"] }))).tag).toMatch(/^u1-[a-z2-7]{16}$/);
      const digest = `sha256:${"0".repeat(64)}`;
      expect((await resolveImageSpec(new ImageSpec({ baseImage: `a.example.org/b@${digest}` }))).tag).toMatch(/^v1-/);
    },
    id: () => {
      expect(flytekitId({ requirements: "reqs/same1.txt" })).not.toBe(flytekitId({ requirements: "reqs/same2.txt" }));
      expect(imageId(new ImageSpec({ env: { A: "1", B: "2" } }))).toBe(
        imageId(new ImageSpec({ env: { B: "2", A: "1" } })),
      );
    },
  },
  "Methods of ImageBuildEngine": {
    "build()": async () => {
      await using own = engine();
      const result = await own.build(local({ name: "team/build" }), { root: folder.path });
      expect(result).toMatchObject({
        reference: `${registry.address}/team/build:${result.tag}`,
        digest: expect.stringMatching(/^sha256:/),
        platforms: ["linux/amd64"],
        action: "built",
        builder: "assemble",
        timings: { total: expect.any(Number) },
      });
    },
    "get_registry()": async () => {
      await using own = new ImageBuildEngine({ builders: [{ ...assemble(), name: "low", priority: 1 }, assemble()] });
      expect(own.builders().map(({ name }) => name)).toEqual(["assemble", "low"]);
    },
    "register()": async () => {
      await using own = new ImageBuildEngine({ builders: [] });
      own.register(assemble(), { priority: 7 });
      expect(own.builders()).toMatchObject([{ name: "assemble", priority: 7 }]);
      expect(codeOf(() => own.register({ ...assemble() }))).toBe("BUILDER_CONFLICT");
    },
  },
  "Methods of DefaultImageBuilder": {
    "build_image()": async () => {
      await using own = engine();
      const built = await own.build(local({ name: "team/one" }), { root: folder.path });
      expect(built).toMatchObject({ action: "built", platforms: ["linux/amd64"] });
    },
    "should_build()": async () => {
      await using own = engine();
      const [image] = (await own.plan(local({ commands: ["make"] }), { root: folder.path })).images;
      expect(image).toMatchObject({ action: "blocked" });
      expect(image?.verdicts[0]).toMatchObject({ builder: "assemble" });
      const [fine] = (await own.plan(local({ name: "team/plan" }), { root: folder.path })).images;
      expect(fine).toMatchObject({ action: "build", builder: "assemble" });
    },
  },
};

const page = readFileSync(new URL("../../../docs/reference/compared-with-flytekit.md", import.meta.url), "utf8");

/** The rows of the table below a heading of the page. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const section = page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

describe("each field of flytekit's ImageSpec", () => {
  it.each(flytekitFields)("%s", async (field) => {
    await fields[field]();
  });

  it("is in the table of the docs, with what stands here for it", () => {
    expect(rowsOf("Fields of ImageSpec")).toEqual(
      flytekitFields.map((field) => {
        const { ours: name, difference } = fieldCounterparts[field];
        return [`\`${field}\``, name, difference ?? "–"];
      }),
    );
  });
});

describe.each(Object.entries(methods))("%s", (heading, rows) => {
  it.each(Object.entries(rows))("%s", async (_name, row) => {
    await row();
  });

  it("are those of the table of the docs", () => {
    expect(rowsOf(heading).map(([name]) => name)).toEqual(Object.keys(rows).map((name) => `\`${name}\``));
  });
});

it("reads a request's spec as the spec in code", () => {
  const spec = decodeSpec({ packages: ["six"], env: { $py: "dict", items: [["A", 1]] } }, "spec");
  expect(theirs(spec)).toBe(theirs({ packages: ["six"], env: { A: 1 } }));
});
