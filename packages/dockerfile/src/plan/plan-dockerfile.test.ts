import type { ImageSpecInput } from "@imagespec/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textEntry } from "../context/text-entry.ts";
import { inputOf, resolutionOf, sdistOf, slimConfig, slimFacts, wheelOf } from "../testing/plan-input.ts";
import { type SpecPlace, specPlace } from "../testing/spec-place.ts";
import type { DockerfileInput, DockerfileOptions, DockerfilePlan } from "./dockerfile-plan.ts";
import { planDockerfile } from "./plan-dockerfile.ts";

const image = { dialect: "base", uv: { from: "image", reference: "docker.io/astral/uv:0.13.9" } } as const;
const sent: DockerfileOptions = {
  dialect: "modern",
  uv: { from: "context", file: textEntry("uv", "elf", 0o755) },
  machineSecrets: true,
  ca: true,
};

let place: SpecPlace;
beforeAll(async () => {
  place = await specPlace(
    { "src/main.py": "print(1)\n", "src/run.sh": "", "conf/acme.ini": "" },
    { executable: ["src/run.sh"] },
  );
});
afterAll(() => place[Symbol.asyncDispose]());

async function plan(
  spec: ImageSpecInput,
  changes: Partial<DockerfileInput> = {},
  options: DockerfileOptions = image,
): Promise<DockerfilePlan> {
  return planDockerfile(inputOf(await place.resolve(spec), changes), options);
}

async function textOf(planned: DockerfilePlan, path: string): Promise<string> {
  const entry = planned.context.find((candidate) => candidate.path === path);
  if (entry?.kind !== "file")
    throw new Error(`${path} is not in ${planned.context.map((each) => each.path).join(" ")}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("the profile flytekit has that project's user, workdir, variables and path of the environment", async () => {
  const spec: ImageSpecInput = { profile: "flytekit", packages: ["six"], sourceRoot: "src", copy: ["conf"] };
  const base = { reference: "b", config: { ...slimConfig, User: "1001" }, facts: slimFacts };
  const planned = await plan(spec, { base, resolution: resolutionOf(wheelOf("six", "1.0")) }, sent);
  expect(planned.text).toContain("'flytekit:x:1000:1000::/home/flytekit:/bin/bash'");
  expect(planned.text).toContain("mkdir -p /home/flytekit /root;");
  expect(planned.text).toMatch(/WORKDIR "?\/root/);
  expect(planned.text).toContain("COPY --link --chown=1000:1000 source/ /root/");
  expect(planned.text).toContain("COPY --link layout/ /");
  expect(planned.text).toMatch(/USER "?flytekit/);
  expect(planned.text).toContain("/usr/local/nvidia/bin:/usr/local/cuda/bin");
  expect(planned.text).toContain("LD_LIBRARY_PATH=/usr/local/nvidia/lib64");
  expect(planned.text).toContain("PYTHONPATH=/root");
  expect(planned.context.find(({ path }) => path === "layout/opt/micromamba/envs/runtime")).toMatchObject({
    kind: "symlink",
    linkTarget: "/opt/venv",
  });
  // The Python of an image that flytekit made lives in that folder.
  const path = "/opt/micromamba/envs/runtime/bin/python3.12";
  const made = { ...base, facts: { ...slimFacts, python: { path, version: "3.12.4" } } };
  const above = await plan(spec, { base: made, resolution: resolutionOf(wheelOf("six", "1.0")) }, sent);
  expect(above.text).not.toContain("layout/");
});

const quickstart: ImageSpecInput = {
  name: "acme/train",
  pythonVersion: "3.12",
  packages: ["pandas>=2,<3", "scikit-learn"],
  env: { OMP_NUM_THREADS: "2" },
  sourceRoot: "src",
  entrypoint: ["python", "-m", "train"],
};
const quickstartResolution = resolutionOf(
  wheelOf("pandas", "2.3.3", 12_000_000),
  wheelOf("numpy", "2.3.4", 16_000_000),
  wheelOf("scikit-learn", "1.7.2", 9_000_000),
  wheelOf("joblib", "1.5.2"),
  wheelOf("six", "1.17.0"),
);
const everything: ImageSpecInput = {
  ...quickstart,
  pythonVersion: "3.13",
  packages: ["lxml", "pandas", "acme-tools @ https://files.acme.dev/acme_tools-1.0-py3-none-any.whl"],
  pipIndex: "https://user:pass@pypi.acme.dev/simple",
  pipExtraIndexUrl: ["https://download.pytorch.org/whl/cu124"],
  pipExtraArgs: "--no-binary lxml --pre --trusted-host pypi.acme.dev",
  excludeNewer: "2026-08-01",
  aptPackages: ["libgomp1", "curl=8.14.1-2"],
  commands: [
    { run: "make -C /opt/driver", after: "system" },
    "python -m spacy download en_core_web_sm",
    { run: "set -e\nmake install\n", after: "source", secrets: ["token"] },
  ],
  secrets: [
    { id: "token", from: { env: "TOKEN" }, steps: ["commands[1]"], cacheBust: "2" },
    { id: "netrc", from: { file: "netrc" }, steps: ["packages"], target: "/root/.netrc", cacheBust: "3" },
  ],
  env: { GREETING: 'hello "$HOME" \\ world', LINES: "a\nb" },
  labels: { "org.opencontainers.image.source": "https://git.acme.dev/train" },
  copy: [{ from: "conf", to: "/etc/acme" }],
  user: "worker",
  workdir: "/srv/app",
  runtimePackages: ["debugpy"],
  bytecode: true,
  cmd: ["--fast"],
};

describe("the text", () => {
  test("of a usual spec, for any Engine", async () => {
    const { text } = await plan(quickstart, { resolution: quickstartResolution });
    await expect(text).toMatchFileSnapshot("../../test/golden/quickstart.base.Dockerfile");
  });

  test("of a usual spec, as a builder sends it", async () => {
    const { text } = await plan(quickstart, { resolution: quickstartResolution }, sent);
    await expect(text).toMatchFileSnapshot("../../test/golden/quickstart.modern.Dockerfile");
  });

  test("of everything at once", async () => {
    const acme = wheelOf("acme-tools", "1.0");
    const url = "https://files.acme.dev/acme_tools-1.0-py3-none-any.whl";
    const resolution = resolutionOf(sdistOf("lxml", "6.0.0"), wheelOf("pandas", "2.3.3", 12_000_000), {
      ...acme,
      wheel: { ...acme.wheel!, url },
      sdist: undefined,
    });
    const planned = await plan(everything, { resolution }, { ...sent, frontend: "docker/dockerfile:1" });
    await expect(planned.text).toMatchFileSnapshot("../../test/golden/everything.Dockerfile");
    expect(planned.secrets.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      "ca _imagespec_ca",
      "netrc _imagespec_netrc",
      "uv-config _imagespec_uv",
      "spec index-pypi.acme.dev",
      "spec netrc",
      "spec token",
    ]);
    expect(planned.buildArgs).toEqual({ IMAGESPEC_NEWLINE: "\n" });
    expect(await textOf(planned, "packages/1.txt")).toContain(`acme-tools @ ${url}#sha256=`);
    // Nothing of the place where the packages were resolved, nor of the login.
    const texts = planned.context.filter(({ path }) => path.endsWith(".txt")).map(({ path }) => textOf(planned, path));
    expect([planned.text, ...(await Promise.all(texts))].join("\n")).not.toMatch(/mirror\.example|user:pass/);
  });

  test("of a conda environment on a CUDA base", async () => {
    const spec = { condaPackages: ["gdal>=3.9"], condaChannels: ["nvidia", "conda-forge"], cuda: "12.4", cudnn: "9" };
    const { text } = await plan(spec);
    await expect(text).toMatchFileSnapshot("../../test/golden/conda.Dockerfile");
  });

  test("is the same for the same input, which it leaves alone", async () => {
    const spec = await place.resolve(everything);
    const input = inputOf(spec, { resolution: resolutionOf(sdistOf("lxml", "6.0.0")) });
    const [first, second] = [planDockerfile(input, sent), planDockerfile(input, sent)];
    expect(second.text).toBe(first.text);
    expect(JSON.stringify(second.context)).toBe(JSON.stringify(first.context));
    const paths = first.context.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)].sort());
    for (const path of paths)
      expect(path.split("/").slice(0, -1).join("/") || "build").toSatisfy((folder: string) => paths.includes(folder));
  });
});

test("steps name the lines of the fields", async () => {
  const { text, steps } = await plan(
    everything,
    { resolution: resolutionOf(sdistOf("lxml", "6.0.0"), wheelOf("six", "1.0")) },
    sent,
  );
  const lines = text.split("\n");
  const found = Object.fromEntries(
    steps.map(({ field, firstLine, lastLine, members }) => [
      `${field} ${members ?? ""}`.trim(),
      lines.slice(firstLine - 1, lastLine).join("\n"),
    ]),
  );
  expect(found["baseImage"]).toMatch(/^FROM .*python:3\.12-slim AS base$/);
  expect(found["aptPackages"]).toMatch(/^RUN [\s\S]*libgomp1$/);
  expect(found["commands[0]"]).toMatch(/^RUN [\s\S]*make -C \/opt\/driver$/);
  expect(found["commands[2]"]).toMatch(/^RUN [\s\S]*command\.sh$/);
  expect(found["packages lxml"]).toContain("/opt/venv");
  expect(found["env"]).toMatch(/^ENV PATH=[\s\S]*LINES=/);
  expect(found["labels"]).toMatch(/^LABEL /);
  expect(steps.map(({ firstLine }) => firstLine)).toEqual(
    steps.map(({ firstLine }) => firstLine).sort((a, b) => a - b),
  );
  for (const { firstLine, lastLine } of steps) {
    expect(lines[firstLine - 1]).toMatch(/^[A-Z]+ /);
    expect(lines[lastLine - 1]).not.toMatch(/\\$/);
    expect(lines[lastLine]?.startsWith("    ")).not.toBe(true);
  }
});

test("one package more changes one group", async () => {
  const before = await plan(quickstart, { resolution: quickstartResolution });
  const more = resolutionOf(...quickstartResolution.distributions, wheelOf("tqdm", "4.67.1"));
  const after = await plan(quickstart, { resolution: more });
  const groups = ({ context }: DockerfilePlan) =>
    new Map(
      context.flatMap((entry) =>
        entry.kind === "file" && entry.path.startsWith("packages/") ? [[entry.path, entry.digest]] : [],
      ),
    );
  const changed = [...groups(after)].filter(([path, digest]) => groups(before).get(path) !== digest);
  expect(changed).toHaveLength(1);
});

describe("commands", () => {
  const lineOf = async (run: string) =>
    (await plan({ commands: [run] })).text.split("\n").filter((line) => / \/opt\/x|command\.sh/.test(line));

  test.each(["echo /opt/x", "cd /opt/x && [ -f a ] || exit 1", "echo '$A' \"\\n\" # /opt/x"])(
    "%s stands as it is",
    async (run) => {
      expect(await lineOf(run)).toEqual([`RUN ${run}`]);
    },
  );

  test.each(["cat <<EOF > /opt/x\na\nEOF", "echo /opt/x \\", '["sh", "/opt/x"]', "--mount=type=x /opt/x", "a\r/opt/x"])(
    "%j goes into a file",
    async (run) => {
      const planned = await plan({ commands: [run] });
      expect(await textOf(planned, "commands/0.sh")).toBe(`${run}\n`);
      expect((await lineOf(run)).join()).not.toContain("/opt/x");
    },
  );
});

describe("users", () => {
  const user = async (spec: ImageSpecInput, base = "") => {
    const config = { ...slimConfig, User: base };
    const { text } = await plan({ sourceRoot: "src", ...spec }, { base: { reference: "b", config, facts: slimFacts } });
    const found = (pattern: RegExp) => pattern.exec(text)?.[1];
    return [found(/--chown=(\S+)/), text.trimEnd().split("\n").at(-1), /imagespec:x/.test(text)];
  };

  test.each<[ImageSpecInput, string | undefined, readonly unknown[]]>([
    [{}, "", ["65532:65532", "USER imagespec", true]],
    [{}, "0:0", ["65532:65532", "USER imagespec", true]],
    [{}, "jovyan", ["jovyan", "USER jovyan", false]],
    [{}, "1000:100", ["1000:100", "USER 1000:100", false]],
    [{ user: "1000" }, "", ["1000:0", "USER 1000", true]],
    [{ user: "root" }, "jovyan", [undefined, "USER root", false]],
    [{ workdir: "/usr/src" }, "", [undefined, "USER imagespec", true]],
  ])("%j on a base with %j", async (spec, base, expected) => {
    expect(await user(spec, base)).toEqual(expected);
  });

  test("that no Dockerfile can name", async () => {
    await expect(user({}, "a\nRUN evil")).rejects.toMatchObject({ code: "BASE_UNSUPPORTED" });
  });
});

test("a system part has nothing but what it is for", async () => {
  const spec = await place.resolve({ aptPackages: ["git"], commands: [{ run: "true", after: "system" }] });
  const base = { reference: "b", config: { ...slimConfig, User: "jovyan" }, facts: slimFacts };
  const { text, context } = planDockerfile(inputOf({ ...spec, part: "system" }, { base, env: {} }), image);
  expect(text).not.toMatch(/venv|WORKDIR|ENV|imagespec:x/);
  expect(text.trimEnd().split("\n").at(-1)).toBe("USER jovyan");
  expect(context.map(({ path }) => path)).toEqual(["build", "build/apt.sh"]);
});

describe("refused", () => {
  test.each<[string, ImageSpecInput, Partial<DockerfileInput>, object]>([
    [
      "a run on an empty base",
      { baseImage: "scratch", aptPackages: ["git"] },
      { base: undefined },
      { code: "BASE_UNSUPPORTED" },
    ],
    [
      "packages on an empty base",
      { baseImage: "scratch", packages: ["six"] },
      { base: undefined },
      { code: "BASE_UNSUPPORTED" },
    ],
    [
      "a name on an empty base",
      { baseImage: "scratch", user: "me" },
      { base: undefined },
      { code: "BASE_UNSUPPORTED" },
    ],
    [
      "a target that no mount can have",
      { packages: ["six"], secrets: [{ id: "a", from: { env: "A" }, target: "/etc/a b" }] },
      { resolution: resolutionOf(wheelOf("six", "1.0")) },
      { code: "SPEC_VALUE", message: expect.stringContaining('"/etc/a b"') },
    ],
    ["a value that is too long", { env: { BIG: "x".repeat(70_000) } }, {}, { code: "SPEC_VALUE" }],
    [
      "another version of what the base has",
      { packages: ["six"] },
      {
        base: { reference: "b", config: slimConfig, facts: { ...slimFacts, distributions: { six: "1.0" } } },
        resolution: resolutionOf(wheelOf("six", "2.0")),
      },
      { code: "WHEEL_CONFLICT" },
    ],
    [
      "packages for another CUDA",
      { cuda: "12.4", packages: ["torch"] },
      { resolution: resolutionOf(wheelOf("torch", "2.5.0+cu118"), wheelOf("nvidia-cublas-cu12", "12.1")) },
      { code: "SPEC_CONFLICT", problems: [{ path: "cuda" }] },
    ],
  ])("%s", async (_, spec, changes, error) => {
    await expect(plan(spec, changes)).rejects.toMatchObject(error);
  });
});
