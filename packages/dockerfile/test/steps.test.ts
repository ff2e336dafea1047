import { Readable } from "node:stream";
import { enginesUnderTest, requireStack } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { describe, expect, test } from "vitest";
import { type BaseFacts, planDockerfile } from "../src/index.ts";
import { specPlace } from "../src/testing/spec-place.ts";
import { buildPlan } from "./support/build-plan.ts";
import { probeBase } from "./support/probe-base.ts";
import { labels, planFor } from "./support/scene.ts";
import { sourceArchive } from "./support/source-archive.ts";
import { uvFile } from "./support/uv-file.ts";

const { engines } = enginesUnderTest();
const baseImage = "python:3.12-slim";
const timeout = 600_000;
const pythonFacts: BaseFacts = {
  python: { path: "/usr/local/bin/python3.12", version: "3.12.1" },
  libc: { kind: "glibc", version: "2.36" },
  distributions: {},
  pythonDistributions: {},
};

describe.each(engines)("Engine %s", (engine) => {
  test("Debian packages and what is compiled with them", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using index = await serveIndex([
      sourceArchive("built-lib", "1.0"),
      makeWheel({ name: "plain", version: "1.0" }),
    ]);
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace();
    // As the official images have it.
    const clean = `dockerfile-clean-${engine}:latest`;
    const hooks =
      'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\nAPT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n';
    // A base of its own for each run: a step that comes from the cache downloads nothing, and --no-cache empties cache mounts.
    await stack.docker(["build", "--no-cache", "-t", clean, "-"], {
      engine,
      input: `FROM ${baseImage}\nRUN echo '${hooks.replaceAll("\n", "")}' > /etc/apt/apt.conf.d/docker-clean && date > /made\n`,
      env: { DOCKER_BUILDKIT: "1" },
    });
    const config = JSON.parse((await stack.docker(["inspect", "-f", "{{json .Config}}", clean], { engine })).stdout);
    const base = { reference: clean, config, facts: pythonFacts };
    const input = {
      baseImage,
      aptPackages: ["hello"],
      packages: ["built-lib", "plain"],
      pipIndex: exposed.url,
    };
    const { plan } = await planFor(stack, engine, place, input, { base });
    const image = await buildPlan(stack, engine, plan);
    const archives = `FROM ${clean}\nRUN --mount=type=cache,id=imagespec-apt,target=/c,sharing=locked ls /c/archives # ${Date.now()}\n`;
    const listed = await buildPlan(stack, engine, { text: archives, context: [] });
    expect(listed.log).toMatch(/hello_\S+\.deb/);
    expect(await image.sh("ls /etc/apt/apt.conf.d/docker-clean")).toContain("docker-clean");
    expect(await image.sh("hello; python -c 'import built_lib; print(built_lib.made_with)'")).toBe(
      "Hello, world!\n/usr/bin/hello\n",
    );
    const rest =
      "find /var/cache/apt /var/lib/apt/lists /var/log/apt /var/log/dpkg.log -type f 2> /dev/null; ls -A /opt/venv";
    expect(await image.sh(rest)).toBe("bin\nlib\nlib64\npyvenv.cfg\n");
    expect(plan.steps.filter(({ field }) => field === "aptPackages").map(({ name }) => name)).toEqual(["apt"]);
  });

  test("secrets reach the steps that asked, and nothing else", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    const login = "user:s3cr%40t";
    await using index = await serveIndex([makeWheel({ name: "private-lib", version: "1.0" })], {
      login: "user:s3cr@t",
    });
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace();
    const secrets = { npm: "npm-value", other: "other-value" };
    const { plan } = await planFor(
      stack,
      engine,
      place,
      {
        baseImage,
        packages: ["private-lib"],
        pipIndex: exposed.url.replace("http://", `http://${login}@`),
        secrets: [
          { id: "npm", from: { env: "NPM" }, steps: ["commands[0]"], cacheBust: "1" },
          { id: "other", from: { env: "OTHER" }, steps: ["commands[1]"], target: "/etc/other.conf" },
        ],
        commands: [
          "stat -c %a /run/secrets/npm > /seen; sha256sum < /run/secrets/npm >> /seen; ! ls /etc/other.conf",
          "sha256sum < /etc/other.conf >> /seen; ! ls /run/secrets/npm",
        ],
      },
      // As the resolver takes it: decoded.
      { secret: async () => "user:s3cr@t" },
    );
    const [packages] = plan.secrets.flatMap((secret) => (secret.id.startsWith("index-") ? [secret.id] : []));
    const values = { ...secrets, [packages ?? ""]: login };
    const image = await buildPlan(stack, engine, plan, { secrets: values });
    const seen = (await image.sh("cat /seen; ls /opt/venv/lib/python3.12/site-packages")).split("\n");
    expect(seen[0]).toBe("400");
    expect(seen.filter((line) => /^[0-9a-f]{64}/.test(line))).toHaveLength(2);
    expect(seen).toContain("private_lib");
    expect(image.log).not.toMatch(/s3cr|npm-value|other-value/);
    await expect(buildPlan(stack, engine, plan, { secrets: { npm: "x" }, args: ["--no-cache"] })).rejects.toThrow(
      /secret.*not found/,
    );
  });

  test("what the machine has, mounted where it is there", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using index = await serveIndex([makeWheel({ name: "mirrored", version: "1.0" })], { login: "me:pass" });
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace();
    const url = new URL(exposed.url);
    const input = {
      baseImage,
      packages: ["mirrored"],
      commands: ["python -c 'import ssl; print(len(ssl.create_default_context().get_ca_certs()))' > /cas"],
    };
    const { spec, plan, base } = await planFor(stack, engine, place, { ...input, packages: [] });
    expect(plan.secrets).toEqual([]);
    expect(spec.packages).toEqual([]);
    const pip = await planFor(
      stack,
      engine,
      place,
      { ...input, pipIndex: exposed.url.replace("//", "//me:pass@") },
      { secret: async () => "me:pass" },
    );
    // As a machine would have it: the spec names no index.
    const { distributions } = await resolutionOf(pip.plan);
    const machine = planDockerfile(
      {
        spec: await place.resolve(input),
        base,
        resolution: { distributions, pylock: "" },
        labels: {},
        env: {},
      },
      { dialect: plan.dialect, uv: { from: "context", file: await uvFile() }, machineSecrets: true, ca: true },
    );
    expect(machine.secrets.map(({ kind }) => kind)).toEqual(["ca", "netrc", "uv-config"]);
    expect(machine.text).not.toContain(url.hostname);
    const config = `[[index]]\nurl = "${exposed.url}"\ndefault = true\n`;
    const image = await buildPlan(stack, engine, machine, {
      secrets: {
        _imagespec_uv: config,
        _imagespec_netrc: `machine ${url.hostname} login me password pass\n`,
        _imagespec_ca: `${(await stack.docker(["run", "--rm", baseImage, "cat", "/etc/ssl/certs/ca-certificates.crt"], { engine })).stdout.split("-----END CERTIFICATE-----")[0]}-----END CERTIFICATE-----\n`,
      },
    });
    expect(await image.sh("cat /cas; ls /opt/venv/lib/python3.12/site-packages | grep -c mirrored")).toBe("1\n2\n");
    expect(JSON.stringify(await image.inspect())).not.toContain("SSL_CERT_FILE");

    async function resolutionOf(planned: typeof plan) {
      const file = planned.context.find(({ path }) => path.startsWith("packages/") && path.endsWith(".txt"));
      const chunks: Uint8Array[] = [];
      if (file?.kind === "file") for await (const chunk of file.open()) chunks.push(chunk);
      const sha256 = /sha256:([0-9a-f]{64})/.exec(Buffer.concat(chunks).toString())?.[1] ?? "";
      const wheel = {
        filename: "mirrored-1.0-py3-none-any.whl",
        url: "https://files.example/mirrored.whl",
        size: 1,
        sha256,
      };
      return { distributions: [{ name: "mirrored", version: "1.0", wheel }] };
    }
  });

  test("compiled files, and a base's own user", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using index = await serveIndex([makeWheel({ name: "plain", version: "1.0" })]);
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace({ "main.py": "" });
    const base = `dockerfile-base-${engine}:latest`;
    await buildBase(
      `FROM ${baseImage}\nRUN useradd -u 1234 worker\nUSER worker\nENTRYPOINT ["env"]\nCMD ["x"]\nONBUILD RUN touch /tmp/triggered\n`,
      base,
    );
    const config = JSON.parse((await stack.docker(["inspect", "-f", "{{json .Config}}", base], { engine })).stdout);
    const { plan } = await planFor(
      stack,
      engine,
      place,
      {
        baseImage,
        packages: ["plain"],
        pipIndex: exposed.url,
        bytecode: true,
        sourceRoot: ".",
        workdir: "/srv/deep/app",
      },
      { base: { reference: base, config, facts: pythonFacts } },
    );
    const image = await buildPlan(stack, engine, plan);
    expect(await image.violations({ user: "worker", bytecode: true, workdir: "/srv/deep/app" })).toEqual([]);
    expect(
      await image.sh("id -un; stat -c %U . main.py ..; ls /tmp/triggered; grep -c imagespec /etc/passwd || true"),
    ).toBe("worker\nworker\nworker\nroot\n/tmp/triggered\n0\n");
    // Compiled files are used, whatever the times of their sources have become.
    expect(await image.sh("python -v -c 'import plain' 2>&1 | grep -c 'matches.*plain/__init__'")).toBe("1\n");

    async function buildBase(text: string, tag: string): Promise<void> {
      await stack.docker(["build", "-t", tag, "-"], { engine, input: text, env: { DOCKER_BUILDKIT: "1" } });
    }
  });

  test("an image of ours as the base, and a wheel of this machine", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using index = await serveIndex([
      makeWheel({ name: "below", version: "1.0" }),
      makeWheel({ name: "above", version: "1.0", requires: ["below"] }),
    ]);
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace({ "main.py": "" });
    const first = await planFor(stack, engine, place, { baseImage, packages: ["below"], pipIndex: exposed.url });
    const below = await buildPlan(stack, engine, first.plan);
    const spec = await place.resolve({
      baseImage: below.reference,
      packages: ["above"],
      pipIndex: exposed.url,
      sourceRoot: ".",
    });
    const base = await probeBase(stack, engine, spec);
    expect(base.facts).toMatchObject({
      python: { path: "/usr/local/bin/python3.12" },
      distributions: { below: "1.0" },
    });
    const local = makeWheel({ name: "local-one", version: "2.0" });
    const file = {
      kind: "file",
      path: local.filename,
      mode: 0o644,
      size: local.bytes.length,
      digest: `sha256:${local.sha256}`,
      open: () => Readable.from([local.bytes]),
    } as const;
    const above = makeWheel({ name: "above", version: "1.0", requires: ["below"] });
    const wheel = (of: typeof above, url: string) => ({
      filename: of.filename,
      url,
      size: undefined,
      sha256: of.sha256,
    });
    const plan = planDockerfile(
      {
        spec,
        base,
        resolution: {
          distributions: [
            { name: "above", version: "1.0", wheel: wheel(above, `${exposed.url}/x.whl`) },
            { name: "below", version: "1.0", wheel: wheel(above, `${exposed.url}/y.whl`) },
            { name: "local-one", version: "2.0", wheel: wheel(local, "file:///here/local.whl") },
          ],
          pylock: "",
        },
        labels,
        env: { IMAGESPEC_ID: "id" },
        files: new Map([["file:///here/local.whl", file]]),
      },
      { dialect: first.plan.dialect, uv: { from: "context", file: await uvFile() } },
    );
    const image = await buildPlan(stack, engine, plan);
    expect(
      await image.violations({
        pythonVersion: "3.12",
        distributions: { below: "1.0", above: "1.0", "local-one": "2.0" },
      }),
    ).toEqual([]);
    expect(
      await image.sh("python -c 'import above, below, local_one'; echo $PATH; grep -c imagespec /etc/passwd"),
    ).toMatch(/^\/opt\/venv\/bin:(?!.*\/opt\/venv).*\n1\n$/);
  });

  test("an empty base", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using place = await specPlace({ "bin/tool": "x", "data.txt": "y" });
    const spec = await place.resolve({
      baseImage: "scratch",
      sourceRoot: ".",
      workdir: "/srv/tool",
      entrypoint: ["/srv/tool/bin/tool"],
    });
    const input = { spec, base: undefined, resolution: undefined, labels, env: { IMAGESPEC_ID: "id" } };
    const plan = planDockerfile(input, {
      dialect: engine === "20.10" ? "base" : "modern",
      uv: { from: "image", reference: "none" },
    });
    const image = await buildPlan(stack, engine, plan);
    const violations = await image.violations({
      workdir: "/srv/tool",
      entrypoint: ["/srv/tool/bin/tool"],
      source: { "data.txt": "y", "bin/tool": "x" },
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    // There is no Python in it.
    expect(violations.filter((text) => !/^(?:venv|virtual-env|source-pth)/.test(text))).toEqual([]);
  });

  test("a user that a command adds", { timeout }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using place = await specPlace({ "main.py": "" });
    const { plan } = await planFor(stack, engine, place, {
      baseImage,
      commands: ["useradd -u 4321 worker"],
      user: "worker",
      runtimePackages: ["later"],
      sourceRoot: ".",
    });
    const image = await buildPlan(stack, engine, plan);
    expect(await image.violations({ user: "worker" })).toEqual([]);
    expect(await image.sh("id -u; stat -c '%U:%G' . main.py /home/imagespec/runtime /home/imagespec")).toBe(
      "4321\nworker:worker\nworker:worker\nworker:worker\nimagespec:imagespec\n",
    );
  });
});
