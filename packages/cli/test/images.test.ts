import { access, readFile } from "node:fs/promises";
import { type RegistryServer, startRegistryServer } from "@imagespec/registry-server";
import { requireStack } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

let bench: Workbench;
let registry: RegistryServer;
/** `acme/tiny:v1-…`, built once. */
let image: string;
let digest: string;

beforeAll(async () => {
  [bench, registry] = await Promise.all([openWorkbench(), startRegistryServer()]);
  const built = (await bench.run(["build", "--json"])).json();
  [{ reference: image, digest }] = built["images"] as [{ reference: string; digest: string }];
});
afterAll(async () => {
  await registry.close();
  await bench[Symbol.asyncDispose]();
});

test("images lists what was built, and remove takes it away", async () => {
  await using own = await openWorkbench("acme/listed");
  expect(await own.run(["images"])).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: expect.stringContaining("no image"),
  });
  await expect(access(own.cache)).rejects.toThrow("ENOENT");
  const [{ reference }] = (await own.run(["build", "--json"])).json()["images"] as [{ reference: string }];
  const { exitCode, stdout } = await own.run(["images"]);
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^ +image .*\\n  ${reference} +linux/amd64 +\\d+ k?B +just now\\n$`)),
  ]);
  expect((await own.run(["images", "--json"])).json()).toMatchObject({
    type: "images",
    images: [{ name: reference, platforms: ["linux/amd64"], layers: 2 }],
  });
  expect(await own.run(["remove", reference, "acme/listed:v2"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("IMAGE_NOT_FOUND"),
  });
  expect(await own.run(["remove", reference])).toMatchObject({ exitCode: 0, stdout: `removed ${reference}\n` });
  expect((await own.run(["images", "--quiet"])).stdout).toBe("");
});

describe("inspect", () => {
  test("shows spec, layers and configuration of a local image", async () => {
    const { exitCode, stdout } = await bench.run(["inspect", image]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${image}  local image store`);
    expect(stdout).toContain(digest);
    expect(stdout).toMatch(/^ +base +scratch$/m);
    expect(stdout).toMatch(/^ +source +2 files, 18 B$/m);
    expect(stdout).toMatch(/^ +Entrypoint +\["python","a.py"\]$/m);
    expect(stdout).toMatch(/^ +2 +sha256:[0-9a-f]{12} +\d+ B +imagespec source/m);
  });

  test("finds the same image everywhere it is copied to", async () => {
    const remote = `${registry.address}/acme/seen:1`;
    expect((await bench.run(["push", image, remote])).exitCode).toBe(0);
    for (const target of ["oci-layout:seen", "seen.tar"])
      expect((await bench.run(["copy", `local-store:${image}`, target])).exitCode).toBe(0);
    const described = await Promise.all(
      [image, remote, "oci-layout:seen", `oci-layout:seen:${image}`, "./seen/", "seen.tar"].map(async (place) =>
        (await bench.run(["inspect", place, "--json"])).json(),
      ),
    );
    expect(described.map(({ digest: found }) => found)).toEqual(described.map(() => digest));
    const [local, pushed] = described;
    // The record went along.
    expect(pushed).toMatchObject({ images: (local as { images: [] }).images, place: "registry" });
    expect(local).toMatchObject({ images: [{ record: { builder: "assemble", base: "scratch" } }] });
  });

  test("says what is wrong", async () => {
    expect(await bench.run(["inspect"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("CLI_USAGE") });
    expect(await bench.run(["inspect", "No/Name"])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("REFERENCE_INVALID"),
    });
    expect(await bench.run(["inspect", "local-store:acme/tiny:none"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/IMAGE_NOT_FOUND\n +hint: /),
    });
    expect(await bench.run(["inspect", `${registry.address}/acme/none:1`])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("REGISTRY_NOT_FOUND"),
    });
    expect(await bench.run(["inspect", image, "--platform", "linux/arm64"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`"${image}" has no image for "linux/arm64"`),
    });
    expect(await bench.run(["inspect", "oci-layout:nowhere"])).toMatchObject({ exitCode: 1 });
    await expect(access(bench.join("nowhere"))).rejects.toThrow("ENOENT");
  });
});

describe("push", () => {
  test("goes to the registry that flag, configuration or name say, once", async () => {
    expect(await bench.run(["push", image])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("names no registry"),
    });
    const args = ["push", image, "--registry", `${registry.address}/team`];
    const target = `${registry.address}/team/${image}`;
    const first = await bench.run([...args, "--json"]);
    expect(first.json()).toMatchObject({
      type: "result",
      reference: target,
      digest,
      action: "copied",
      records: 1,
      blobsSent: 3,
    });
    const events = first.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["step", "transfer", "result"]));
    expect((await bench.run([...args, "--json"])).json()).toMatchObject({
      action: "exists",
      blobsSent: 0,
      bytesSent: 0,
    });
    expect(await bench.run([...args, "--quiet"])).toMatchObject({ exitCode: 0, stdout: `${target}\n`, stderr: "" });
    // A build that goes there finds it.
    expect((await bench.run(["build", "--registry", `${registry.address}/team`, "--json"])).json()).toMatchObject({
      images: [{ action: "exists", digest }],
    });
  });

  test("moves other tags, but no tag that names its content", async () => {
    await using other = await openWorkbench();
    await other.write("src/a.py", "print(3)\n");
    const [{ reference }] = (await other.run(["build", "--json"])).json()["images"] as [{ reference: string }];
    const content = `${registry.address}/acme/moves:${image.split(":")[1]}`;
    const constant = `${registry.address}/acme/moves:latest`;
    for (const target of [content, constant]) expect((await bench.run(["push", image, target])).exitCode).toBe(0);
    expect((await other.run(["push", reference, constant])).exitCode).toBe(0);
    const refused = await other.run(["push", reference, content]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(/holds another image, "sha256:[0-9a-f]{64}" {3}TAG_MISMATCH\n +hint: .*--force/);
    expect((await other.run(["push", reference, content, "--json"])).json()).toMatchObject({
      type: "error",
      exitCode: 4,
      error: { code: "TAG_MISMATCH", details: { existing: digest } },
    });
    expect((await bench.run(["inspect", content, "--json"])).json()["digest"]).toBe(digest);
    expect((await other.run(["push", reference, content, "--force"])).exitCode).toBe(0);
    expect((await bench.run(["inspect", content, "--json"])).json()["digest"]).not.toBe(digest);
  });

  test("says what a registry that is down means", async () => {
    await using gone = await startRegistryServer();
    const { address } = gone;
    await gone.close();
    expect(await bench.run(["push", image, `${address}/acme/tiny`])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("REGISTRY_DOWN"),
    });
    expect(await bench.run(["push", image, "archive.tar"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("imagespec copy"),
    });
  });
});

describe("copy", () => {
  test("mounts within one registry, and carries all platforms or one", async () => {
    await using multi = await openWorkbench("acme/multi");
    const built = await multi.run([
      "build",
      "--registry",
      registry.address,
      "--platform",
      "linux/amd64,linux/arm64",
      "--json",
    ]);
    const [{ reference, digest: index }] = built.json()["images"] as [{ reference: string; digest: string }];
    const all = (await multi.run(["copy", reference, `${registry.address}/copies/all`, "--json"])).json();
    expect(all).toMatchObject({
      digest: index,
      platforms: ["linux/amd64", "linux/arm64"],
      blobsSent: 0,
      bytesSent: 0,
      records: 2,
    });
    const one = (
      await multi.run(["copy", reference, `${registry.address}/copies/one:arm`, "--platform", "linux/arm64", "--json"])
    ).json();
    expect(one).toMatchObject({ platforms: ["linux/arm64"], action: "copied" });
    expect(one["digest"]).not.toBe(index);
    expect(
      (await multi.run(["inspect", `${registry.address}/copies/all:${reference.split(":").at(-1)}`, "--json"])).json(),
    ).toMatchObject({
      digest: index,
      images: [{ platform: "linux/amd64" }, { platform: "linux/arm64", record: { builder: "assemble" } }],
    });
    // Into the local store and out again, byte for byte.
    expect((await multi.run(["copy", reference, "local-store"])).exitCode).toBe(0);
    expect((await multi.run(["copy", `local-store:${reference}`, "oci-layout:all", "--json"])).json()).toMatchObject({
      digest: index,
    });
    expect(await multi.run(["copy", reference, "all.tar"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("linux/arm64"),
    });
    expect((await multi.run(["copy", reference, "arm.tar", "--platform", "linux/arm64"])).exitCode).toBe(0);
    expect(await multi.run(["copy", reference, "x.tar", "--platform", "linux/s390x"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`"${reference}" has no image for platform "linux/s390x"`),
    });
  });

  test("takes a reference for a registry's, and says so when it is the local store's", async () => {
    const local = `${registry.address}/acme/only-here:1`;
    await bench.run(["copy", `local-store:${image}`, `local-store:${local}`]);
    expect(await bench.run(["copy", local, "oci-layout:x"])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(`write "local-store:${local}"`),
    });
    await expect(access(bench.join("x"))).rejects.toThrow("ENOENT");
    expect(await bench.run(["copy", local])).toMatchObject({ exitCode: 2 });
    expect(await bench.run(["copy", `local-store:${image}`, `${registry.address}/a/b@${digest}`])).toMatchObject({
      exitCode: 2,
    });
    expect(await bench.run(["copy", `local-store:${image}`, "oci-layout:"])).toMatchObject({ exitCode: 2 });
  });
});

describe("load", () => {
  test("puts the image into a real engine, once, where it is the same image", async (context) => {
    const stack = await requireStack(context);
    const env = { DOCKER_HOST: stack.dockerHost };
    expect((await bench.run(["load", image, "--json"], { env })).json()).toMatchObject({
      reference: expect.stringContaining(image),
      action: "loaded",
    });
    expect((await bench.run(["load", image, "--json"], { env })).json()).toMatchObject({ action: "exists" });
    const { stdout } = await stack.docker(["image", "inspect", "--format", "{{json .Config.Entrypoint}}", image]);
    expect(stdout.trim()).toBe('["python","a.py"]');
    expect((await bench.run(["load", image, "--host", stack.dockerHost, "--name", "acme/renamed:1"])).exitCode).toBe(0);
    await stack.docker(["image", "rm", "acme/renamed:1", image]);
  });

  test("says what to do without an engine", async () => {
    const { exitCode, stderr } = await bench.run(["load", image, "--host", "unix:///nowhere/docker.sock"]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/no container engine answers.*ENGINE_DOWN\n +hint: start/),
    ]);
    expect(await bench.run(["load", image, "--host", "ssh://h"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("ENGINE_UNSUPPORTED"),
    });
  });
});

test("build reads a spec from standard input", async () => {
  const stdin = await readFile(bench.join("image.yaml"), "utf8");
  expect((await bench.run(["build", "-", "--json"], { stdin })).json()).toMatchObject({
    images: [{ reference: image, action: "exists", file: "-" }],
  });
});
