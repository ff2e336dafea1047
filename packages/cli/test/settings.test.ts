import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test("config says where each setting comes from", async () => {
  await using own = await openWorkbench();
  const settings = async (args: readonly string[], env = {}): Promise<Record<string, unknown>> => {
    const found = (await own.run(["config", ...args, "--json"], { env })).json()["settings"] as { name: string }[];
    return Object.fromEntries(found.map((setting) => [setting.name, setting]));
  };
  expect(await settings([])).toMatchObject({
    registry: { source: "default", from: [] },
    platform: { value: "linux/amd64", source: "default" },
    cacheFolder: { value: own.cache, source: "environment", from: ["IMAGESPEC_CACHE_DIR"] },
  });
  await own.write(
    "imagespec.config.yaml",
    "registry: r.dev/team\nsystemBuilder: a\nexistence: build\ninsecure: [a:1]\ncacheFolder: c\nbuilders: { assemble: { options: { index: https://me:pw@x.dev } } }\n",
  );
  const env = { DOCKER_HOST: "tcp://h:1", HTTPS_PROXY: "http://me:secret@proxy.dev:3128", https_proxy: "" };
  const found = await settings(["--existence", "assume", "--insecure", "b:2"], env);
  expect((await settings(["--system-builder", "b"]))["systemBuilder"]).toMatchObject({
    value: "b",
    source: "flag",
    from: ["--system-builder"],
  });
  expect(found).toMatchObject({
    systemBuilder: { value: "a", source: "config", from: ["imagespec.config.yaml"] },
    registry: { value: "r.dev/team", source: "config", from: ["imagespec.config.yaml"] },
    existence: { value: "assume", source: "flag", from: ["--existence"] },
    insecure: { value: ["a:1", "b:2"], source: "flag", from: ["--insecure", "imagespec.config.yaml"] },
    cacheFolder: { value: own.join("c"), source: "config" },
    engine: { value: "tcp://h:1", source: "environment", from: ["DOCKER_HOST"] },
    httpsProxy: { value: "http://me:***@proxy.dev:3128", from: ["HTTPS_PROXY"] },
  });
  const { stdout } = await own.run(["config", "--cache-dir", "d"], { env });
  expect(stdout).toMatch(/^ +cacheFolder +\S+\/d +--cache-dir$/m);
  expect(stdout).toMatch(/^ +registry +r\.dev\/team +imagespec\.config\.yaml$/m);
  expect(stdout).not.toMatch(/secret|:pw@/);
  await own.write("imagespec.config.yaml", "registri: x\n");
  expect(await own.run(["config"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("CONFIG_INVALID") });
});

test("schema prints both schemas", async () => {
  const spec = await bench.run(["schema"]);
  expect(JSON.parse(spec.stdout)).toMatchObject({ $id: "urn:imagespec:image-spec:1" });
  expect((await bench.run(["schema", "spec"])).stdout).toBe(spec.stdout);
  expect(JSON.parse((await bench.run(["schema", "config"])).stdout)).toMatchObject({ $id: "urn:imagespec:config:1" });
  expect(await bench.run(["schema", "lock"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("CLI_USAGE"),
  });
});

test("logs lists the last builds and shows one", async () => {
  await using own = await openWorkbench();
  expect(await own.run(["logs"])).toMatchObject({ exitCode: 0, stdout: "" });
  expect(await own.run(["logs", "--last"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("no build has left a log"),
  });
  const built = await own.run(["build", "--json"]);
  const last = await own.run(["logs", "--last"]);
  expect(last.exitCode).toBe(0);
  expect(last.stdout).toMatch(/✔ source +2 files/);
  expect(last.stdout).toMatch(/^ {2}image {2}acme\/tiny:v1-/m);
  // What was printed is what was kept, but for the last line, which belongs to the command.
  const lines = (await own.run(["logs", "--last", "--json"])).stdout.trimEnd().split("\n");
  const events = built.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((line) => line.type !== "transfer" || line.current === line.total);
  expect(lines.slice(1).map((line) => JSON.parse(line))).toEqual(
    events.slice(0, -1).map((event) => ({ position: 0, ...event })),
  );

  await own.write("broken.yaml", "name: acme/broken\nbaseImage: scratch\ncommands: [make]\n");
  expect((await own.run(["build", "broken.yaml", "image.yaml"])).exitCode).toBe(3);
  const { stdout } = await own.run(["logs"]);
  expect(stdout).toMatch(
    /^ +just now +failed +\S+ s +acme\/broken, acme\/tiny +\S+acme-broken-and-1-more\.jsonl\n +just now +built/,
  );
  expect((await own.run(["logs", "--last"])).stdout).toMatch(/NO_BUILDER/);
  const { logs } = (await own.run(["logs", "--json"])).json() as { logs: { name: string; outcome: string }[] };
  expect(logs.map(({ outcome }) => outcome)).toEqual(["failed", "built"]);
  const older = logs[1]?.name ?? "";
  expect((await own.run(["logs", older])).stdout).toBe(last.stdout);
  expect((await own.run(["logs", "2"])).stderr).toContain("2 logs start with");
  expect(await own.run(["logs", "none"])).toMatchObject({ exitCode: 2 });
  expect(await own.run(["logs", "--last", older])).toMatchObject({ exitCode: 2 });
});

test("export names the package that it needs, and uses it when it is there", async () => {
  await using own = await openWorkbench();
  expect(await own.run(["export", "dockerfile"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(
      /"@imagespec\/dockerfile" is not installed {3}PLUGIN_NOT_FOUND\n +hint: run npm install/,
    ),
  });
  expect(await own.run(["export", "compose"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("CLI_USAGE"),
  });
  const home = own.join("node_modules", "@imagespec", "dockerfile");
  await mkdir(home, { recursive: true });
  await writeFile(
    path.join(home, "package.json"),
    JSON.stringify({ name: "@imagespec/dockerfile", type: "module", exports: "./index.js" }),
  );
  await writeFile(path.join(home, "index.js"), "export {};");
  expect((await own.run(["export", "dockerfile"])).stderr).toContain("cannot export");
  await writeFile(
    path.join(home, "index.js"),
    'export const exportDockerfile = async (spec, { folder }) => ({ files: [folder + "/Dockerfile " + spec.tag] });',
  );
  expect(await own.run(["export", "dockerfile", "image.yaml", "-o", "out"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(new RegExp(`^${own.join("out")}/Dockerfile v1-`)),
  });
});
