import { readFile } from "node:fs/promises";
import type { BuildEvent } from "@imagespec/core";
import { parseDigest, parseImageConfig } from "@imagespec/oci";
import { startStack } from "@imagespec/test-support";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Bench, benchOptions, openBench, tinySpec } from "./support/bench.ts";

/** Minutes in all: every day those run that a refactoring breaks first. */
const whole = test.skipIf(process.env["IMAGESPEC_WHOLE"] !== "1");

/** In commands whose output is looked for: a step that the Engine has from an earlier run prints nothing. */
const nonce = `: ${process.pid}-${Date.now()}`;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(await startStack());
});
afterAll(() => bench?.[Symbol.asyncDispose]());
beforeEach(() => {
  bench.events.length = 0;
});

async function configOf(name: string, digest: string | undefined) {
  const { client, google } = bench;
  const repository = client.repository({ registry: google.registry, repository: `${google.project}/images/${name}` });
  const { manifest } = await repository.getManifest({ digest: parseDigest(digest ?? "") });
  if (!("config" in manifest)) throw new Error("the image is an index");
  return parseImageConfig(await repository.getBlob(manifest.config));
}

test("what needs a machine is built there, to the letter, and found again", async () => {
  const env = { DOLLARS: "$HOME $$ $PROJECT_ID $(id)", LINES: "one\ntwo", TICKS: "`id` 'x' \"y\"" };
  const spec = { name: "letters", commands: [`${nonce}; echo 'grüße ✓' > /greeting; cat /greeting`], env };
  const image = await bench.build(spec);
  expect((await configOf("letters", image.digest)).config?.Env).toEqual(
    expect.arrayContaining(Object.entries(env).map(([name, value]) => `${name}=${value}`)),
  );
  const lines = bench.events.flatMap((event) => (event.type === "log" ? event.text.split("\n") : []));
  expect(lines).toContain("grüße ✓");
  expect(image.action).toBe("built");
  expect((await bench.build(spec)).action).toBe("exists");
});

test("REST does what gRPC does, without a call by gRPC", async () => {
  const { google } = bench;
  const before = google.requests.length;
  const image = await bench.build(tinySpec(), { options: benchOptions(google, "rest") });
  expect(image.digest).toMatch(/^sha256:/);
  expect(google.requests.slice(before).filter(({ transport }) => transport === "grpc")).toEqual([]);
  google.scriptBuilds({ ends: { status: "FAILURE", failureInfo: { type: "PUSH_NOT_AUTHORIZED", detail: "denied" } } });
  await expect(bench.build(tinySpec(), { options: benchOptions(google, "rest") })).rejects.toMatchObject({
    code: "REGISTRY_DENIED",
  });
  google.faults.push(
    { op: "GetBuild", times: 2, error: "UNAVAILABLE" },
    { op: "CreateBuild", error: "drop", answerLost: true },
  );
  await bench.build(tinySpec(), { options: benchOptions(google, "rest") });
  expect(google.faults.pending).toEqual([]);
});

test("a failing command is named with its field, exit code and last lines", async () => {
  await expect(bench.build({ commands: ["true", `${nonce}; echo before the end; exit 3`] })).rejects.toMatchObject({
    code: "BUILD_STEP_FAILED",
    problems: [expect.objectContaining({ path: "commands[1]" })],
    details: expect.objectContaining({ provider: "google", exitCode: 3 }),
    logTail: expect.arrayContaining(["before the end"]),
  });
});

whole("a log comes whole, though it comes late, in small pieces, and not every read succeeds", async () => {
  bench.google.scriptBuilds({ log: { delayMs: 1000, growBy: 7 } });
  bench.google.faults.push({ op: "storage.objects.download", times: 2, after: 1, error: "UNAVAILABLE" });
  const text = "äöü€😀".repeat(20);
  await bench.build({ commands: [`${nonce}; i=0; while [ $i -lt 5 ]; do echo "${text} $i"; i=$((i+1)); done`] });
  const lines = bench.events.flatMap((event) => (event.type === "log" ? event.text.split("\n") : []));
  for (let number = 0; number < 5; number++) expect(lines).toContain(`${text} ${number}`);
  expect(lines.join("\n")).not.toContain("�");
});

whole("a context that is there is not sent again, and a build starts soon", async () => {
  const spec = tinySpec();
  await bench.build({ ...spec, name: "context-one" });
  bench.events.length = 0;
  // Another place, and the same Dockerfile but for a label: nothing else of it is known already.
  await bench.build({ ...spec, name: "context-two" });
  const at = (id: string, state: string): number =>
    bench.events.find((event) => event.type === "step" && event.id === id && event.state === state)?.t ?? Number.NaN;
  const upload = bench.events.find(
    (event) => event.type === "step" && event.id === "upload" && event.state !== "running",
  );
  expect(upload).toMatchObject({ state: "cached" });
  expect(at("queue", "running")).toBeGreaterThan(at("pack", "running"));
});

whole("a repository that is missing is made where the options say so", async () => {
  const { google } = bench;
  await expect(bench.build(tinySpec(), { repository: "absent" })).rejects.toMatchObject({ code: "REGISTRY_NOT_FOUND" });
  const options = { createRepository: { immutableTags: true, cleanupDays: 30, labels: { team: "ml" } } };
  const image = await bench.build(tinySpec(), { repository: "made", options });
  expect(image.digest).toMatch(/^sha256:/);
  expect(google.requests.find(({ operation }) => operation === "CreateRepository")?.request).toMatchObject({
    body: { format: "DOCKER", dockerConfig: { immutableTags: true }, labels: { team: "ml" } },
  });
});

test("a secret is handed on by its name: its value is in nothing that this machine sends, says or keeps", async () => {
  const { google, folder } = bench;
  const value = "s3cr3t-of-google-value";
  const version = google.addSecret("token", value);
  const command = `${nonce}; test "$(cat /run/secrets/token)" = s3cr3t-of-google"-"value && cat /run/secrets/token && echo used`;
  const events: BuildEvent[] = [];
  const image = await bench.build(
    {
      name: "secretive",
      secrets: [{ id: "token", from: { google: version } }],
      commands: [{ run: command, secrets: ["token"] }],
    },
    { onEvent: (event) => events.push(event) },
  );
  expect(events.some((event) => event.type === "log" && event.text.includes("used"))).toBe(true);
  const said = JSON.stringify(events) + JSON.stringify(image) + JSON.stringify(google.requests);
  expect(said).not.toContain(value);
  expect(JSON.stringify(await configOf("secretive", image.digest))).not.toContain(value);
  for (const name of google.listObjects(google.bucket))
    expect(google.readObject(google.bucket, name)).not.toContain(value);
  const { stdout } = await import("node:child_process").then(({ spawnSync }) =>
    spawnSync("grep", ["-rl", value, folder], { encoding: "utf8" }),
  );
  expect(stdout).toBe("");
});

whole("a secret that cannot be read is an error with the role", async () => {
  const version = `projects/${bench.google.project}/secrets/nothing/versions/1`;
  const spec = {
    secrets: [{ id: "token", from: { google: version } }],
    commands: [{ run: "true", secrets: ["token"] }],
  };
  await expect(bench.build(spec)).rejects.toMatchObject({
    code: "CLOUD_SOURCE",
    hint: expect.stringContaining("roles/secretmanager.secretAccessor"),
  });
});

whole("wheels alone go to Artifact Registry from the assembler, with no build there", async () => {
  const before = bench.requested("CreateBuild").length;
  const { assemble } = await import("@imagespec/builder-assemble");
  const { ImageBuildEngine, ImageSpec } = await import("@imagespec/core");
  const { google, client, folder, base } = bench;
  await using engine = new ImageBuildEngine({
    builders: [assemble()],
    registryClient: client,
    cacheFolder: `${folder}/assembled`,
  });
  const spec = new ImageSpec({ name: "wheels", baseImage: base, copy: [{ from: "note.txt", to: "/note.txt" }] });
  const image = await engine.build(spec, { root: folder, registry: `${google.registry}/${google.project}/images` });
  expect(await google.digestOf(`${google.project}/images/wheels`, image.tag)).toBe(image.digest);
  expect(bench.requested("CreateBuild").length).toBe(before);
  expect(await readFile(`${folder}/note.txt`, "utf8")).toBe("a file\n");
});

test("doctor says what is there, and what is missing", async () => {
  const { googleChecks } = await import("../src/doctor/google-checks.ts");
  const stream = { write: () => true };
  const { signal } = new AbortController();
  const run = (options: unknown) =>
    googleChecks.run({ env: {}, cwd: bench.folder, stdout: stream, stderr: stream, signal, options });
  expect(await run(bench.options)).toMatchObject([
    { status: "ok", message: expect.stringContaining(bench.google.project) },
    { status: "ok" },
    { status: "ok", message: expect.stringContaining(bench.google.bucket) },
    { status: "warning", hint: expect.stringContaining("serviceAccount") },
  ]);
  bench.google.setApi("cloudbuild.googleapis.com", false);
  const closed = await run({ ...bench.options, bucket: "no-such-bucket-here" });
  bench.google.setApi("cloudbuild.googleapis.com", true);
  expect(closed[1]).toMatchObject({ status: "error", hint: expect.stringContaining("gcloud services enable") });
  expect(await run({ location: "Mars" })).toMatchObject([
    { status: "error", message: expect.stringContaining("Mars") },
  ]);
});
