import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { requireStack, type SkippableTest } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { type FakeGoogle, type FakeGoogleOptions, startFakeGoogle } from "../../src/google/index.ts";
import {
  type CloudBuildClient,
  createBuild,
  ended,
  grpcClient,
  type IBuild,
  logOf,
  nameOf,
  restClient,
  storageClient,
  uploadContext,
} from "./clients-adapter.ts";

const start = async (context: SkippableTest, options: Partial<FakeGoogleOptions> = {}): Promise<FakeGoogle> =>
  startFakeGoogle({ stack: await requireStack(context), ...options });

const bash = (script: string, more: object = {}) => ({ name: "bash", script, ...more });

/** Builds with a log in the fake's bucket. */
async function run(client: CloudBuildClient, google: FakeGoogle, build: IBuild): Promise<IBuild & { log: string }> {
  const logged = { logsBucket: `gs://${google.bucket}/logs`, options: { logging: "GCS_ONLY" as const }, ...build };
  const done = await ended(client, google, await createBuild(client, google, logged));
  return { ...done, log: logOf(google, done) ?? "" };
}

const dockerfile = "FROM scratch\nARG MESSAGE\nLABEL message=$MESSAGE\nCOPY hello.txt /hello.txt\n";

test.for(["grpc", "rest"] as const)(
  "a Dockerfile becomes an image in the registry over %s",
  async (transport, context) => {
    await using google = await start(context);
    const client = transport === "grpc" ? grpcClient(google) : restClient(google);
    const storage = storageClient(google);
    const storageSource = await uploadContext(storage, google.bucket, {
      Dockerfile: dockerfile,
      "hello.txt": "hello\n",
    });
    const image = `${google.registry}/${google.project}/images/app:v1`;
    const done = await run(client, google, {
      source: { storageSource },
      steps: [
        { name: "gcr.io/cloud-builders/docker", args: ["build", "-t", image, "--build-arg", "MESSAGE=$$5", "."] },
        bash('printf "%s" "a digest" > "$BUILDER_OUTPUT/output"; cat hello.txt', { id: "note", waitFor: ["-"] }),
      ],
      images: [image],
      tags: ["imagespec-1"],
    });
    expect(done).toMatchObject({ status: "SUCCESS", log: expect.stringMatching(/\nDONE\n$/) });
    const digest = await google.digestOf(`${google.project}/images/app`, "v1");
    expect(digest).toMatch(/^sha256:/);
    expect(done.results?.images).toMatchObject([{ name: image, digest }]);
    expect(done.steps?.map(({ status, exitCode }) => `${status} ${exitCode}`)).toEqual(["SUCCESS 0", "SUCCESS 0"]);
    expect(Object.keys(done.timing ?? {}).sort()).toEqual(["BUILD", "FETCHSOURCE", "PUSH", "SETUPBUILD"]);
    expect(done.sourceProvenance?.resolvedStorageSource?.generation).toBe(storageSource.generation);
    expect(done.log).toContain('Step #1 - "note": hello\n');
    const output = done.results?.buildStepOutputs?.[1] ?? "";
    // Over REST the library leaves bytes as base64 text.
    const text = Buffer.from(output as Uint8Array).toString();
    expect([text, Buffer.from(text, "base64").toString()]).toContain("a digest");
    // The service answers with the number of the project (logUrl and name of every build on it).
    expect(done.name).toBe(`projects/${google.projectNumber}/locations/${google.location}/builds/${done.id}`);

    const parent = `projects/${google.project}/locations/${google.location}`;
    const [found] = await client.listBuilds({ parent, filter: 'tags="imagespec-1"' });
    expect(found.map(({ id }) => id)).toEqual([done.id]);
    expect((await client.listBuilds({ parent, filter: 'tags="imagespec-1" AND status="WORKING"' }))[0]).toEqual([]);
    // googleapis/nodejs-cloudbuild#349: a regional build is not there for who asks without the region.
    const elsewhere = client.getBuild({ name: `projects/${google.project}/locations/global/builds/${done.id}` });
    await expect(elsewhere).rejects.toMatchObject({ code: transport === "grpc" ? 5 : 404 });
    await client.close();
  },
);

test("a step sees the workspace, its environment and nothing of this machine's", async (context) => {
  await using google = await start(context);
  const client = grpcClient(google);
  const version = google.addSecret("token", "s3cr3t-välue");
  const storageSource = await uploadContext(storageClient(google), google.bucket, { "a.txt": "a" });
  process.env["IMAGESPEC_TEST_LEAK"] = "leaked";
  const done = await run(client, google, {
    source: { storageSource },
    availableSecrets: { secretManager: [{ versionName: version, env: "TOKEN" }] },
    substitutions: { _NAME: "world" },
    steps: [
      bash("pwd; ls; echo $HOME; echo $(id -u); mkdir sub; ls -A /tmp /root /home; env | grep -c LEAK; kill -0 1"),
      bash('echo "token=$TOKEN" > secret; wc -c < secret; echo "it is $TOKEN"; echo "$LITERAL"', {
        secretEnv: ["TOKEN"],
        env: ["LITERAL=$$HOME `x` $_NAME"],
        dir: "sub",
      }),
      { name: "ubuntu", entrypoint: "sh", args: ["-c", "cat secret | tr -d '\\n' | wc -c; echo $$0"], dir: "sub" },
      bash('#!/usr/bin/env bash\nset -euo pipefail\n[[ "$_NAME" == world ]] && echo "bash $BASH_VERSINFO"', {
        automapSubstitutions: true,
      }),
      bash("echo shared > /data/file", { volumes: [{ name: "data", path: "/data" }] }),
      bash("cat /mnt/file", { volumes: [{ name: "data", path: "/mnt" }] }),
    ],
  });
  delete process.env["IMAGESPEC_TEST_LEAK"];
  expect(done.status, done.log).toBe("SUCCESS");
  const lines = (step: number) =>
    done.log.split("\n").flatMap((line) => (line.startsWith(`Step #${step}: `) ? [line.slice(9)] : []));
  expect(lines(0)).toEqual([
    "Already have image (with digest): bash",
    ...["/workspace", "a.txt", "/builder/home", "0", "/home:", "", "/root:", "", "/tmp:", "0"],
  ]);
  // "Cloud Build replaces the value of a secret in logs"; scripts are not substituted, env and args are.
  expect(lines(1).slice(1)).toEqual(["20", "it is ***", "$HOME `x` world"]);
  expect(lines(2).slice(1)).toEqual(["19", "sh"]);
  expect(lines(3).slice(1)).toEqual(["bash 5"]);
  expect(lines(5).slice(1)).toEqual(["shared"]);
  expect(done.log).not.toContain("s3cr3t");
  await client.close();
});

test("any other image is run as a container", async (context) => {
  await using google = await start(context);
  const client = grpcClient(google);
  const done = await run(client, google, {
    steps: [
      { name: "debian:bookworm-slim", args: ["touch", "/workspace/made"] },
      {
        name: "debian:bookworm-slim",
        script: "#!/bin/bash\nls; echo $WORD; printf out > $BUILDER_OUTPUT/output",
        env: ["WORD=x y"],
      },
    ],
  });
  expect(done.status, done.log).toBe("SUCCESS");
  expect(done.log).toContain("Step #1: made\nStep #1: x y\n");
  expect(String(done.results?.buildStepOutputs?.[1])).toBe("out");

  const missing = await run(client, google, { steps: [{ name: "127.0.0.1:1/nope:1", args: ["x"] }] });
  expect(missing).toMatchObject({ status: "FAILURE", failureInfo: { type: "USER_BUILD_STEP" } });
  expect(missing.log).toContain("Pulling image: 127.0.0.1:1/nope:1");
  await client.close();
});

test("failures say what failed", async (context) => {
  await using google = await start(context, { secondMs: 20 });
  const client = grpcClient(google);
  const image = `${google.registry}/${google.project}/images/app:v1`;
  const source = {
    storageSource: await uploadContext(storageClient(google), google.bucket, {
      Dockerfile: dockerfile,
      "hello.txt": "hi",
    }),
  };
  const docker = (name: string, message = "a") => ({
    name: "gcr.io/cloud-builders/docker",
    args: ["build", "-q", "-t", name, "--build-arg", `MESSAGE=${message}`, "."],
  });
  const cases: readonly [string, IBuild, object][] = [
    [
      "a step",
      { steps: [bash("echo out; exit 7"), bash("echo never")] },
      { status: "FAILURE", failureInfo: { type: "USER_BUILD_STEP", detail: expect.stringContaining("status: 7") } },
    ],
    [
      "a step that may fail",
      { steps: [bash("exit 7", { allowExitCodes: [7] }), bash("exit 1", { allowFailure: true })] },
      {
        status: "SUCCESS",
        steps: [
          { status: "FAILURE", exitCode: 7 },
          { status: "FAILURE", exitCode: 1 },
        ],
      },
    ],
    [
      "no source",
      { source: { storageSource: { bucket: google.bucket, object: "none.tar.gz" } }, steps: [bash("true")] },
      { status: "FAILURE", failureInfo: { type: "FETCH_SOURCE_FAILED", detail: expect.stringContaining("404") } },
    ],
    [
      "a generation that is gone",
      { source: { storageSource: { ...source.storageSource, generation: "1" } }, steps: [bash("true")] },
      { status: "FAILURE", failureInfo: { type: "FETCH_SOURCE_FAILED" } },
    ],
    [
      "an image that no step made",
      { steps: [bash("true")], images: [`${image}-ghost`] },
      { status: "FAILURE", failureInfo: { type: "PUSH_IMAGE_NOT_FOUND" } },
    ],
    [
      "no repository",
      { source, steps: [docker(image.replace("/images/", "/other/"))], images: [image.replace("/images/", "/other/")] },
      { status: "FAILURE", failureInfo: { type: "PUSH_FAILED", detail: expect.stringContaining('"other" not found') } },
    ],
    ["the time is over", { steps: [bash("sleep 100")], timeout: { seconds: 15 } }, { status: "TIMEOUT" }],
    [
      "the time of a step is over",
      { steps: [bash("sleep 100", { timeout: { seconds: 15 } })] },
      { status: "TIMEOUT", steps: [{ status: "TIMEOUT" }] },
    ],
    [
      "no such secret",
      {
        steps: [bash("true", { secretEnv: ["A"] })],
        availableSecrets: {
          secretManager: [{ versionName: `projects/${google.project}/secrets/no/versions/1`, env: "A" }],
        },
      },
      { status: "FAILURE", statusDetail: expect.stringContaining("failed to access secret version") },
    ],
    [
      "no bucket for the log",
      { logsBucket: "gs://no-such-bucket", steps: [bash("true")] },
      { status: "FAILURE", failureInfo: { type: "LOGGING_FAILURE" } },
    ],
    ["no log wanted", { options: { logging: "NONE" }, steps: [bash("true")] }, { status: "SUCCESS", log: "" }],
    [
      "no log object wanted",
      { options: { logging: "CLOUD_LOGGING_ONLY" }, steps: [bash("true")] },
      { status: "SUCCESS", log: "" },
    ],
    [
      "parallel steps",
      { steps: [bash("sleep 100", { waitFor: ["-"] }), bash("exit 3", { waitFor: ["-"] })] },
      { status: "FAILURE", steps: [{ status: "CANCELLED" }, { status: "FAILURE", exitCode: 3 }] },
    ],
  ];
  const ends = await Promise.all(cases.map(([, build]) => run(client, google, build)));
  for (const [index, [what, , expected]] of cases.entries()) expect(ends[index], what).toMatchObject(expected);

  google.addRepository("fixed", { immutableTags: true });
  const fixed = image.replace("/images/", "/fixed/");
  expect(await run(client, google, { source, steps: [docker(fixed)], images: [fixed] })).toMatchObject({
    status: "SUCCESS",
  });
  expect(await run(client, google, { source, steps: [docker(fixed, "b")], images: [fixed] })).toMatchObject({
    failureInfo: {
      type: "PUSH_FAILED",
      detail: expect.stringContaining("The repository has enabled tag immutability"),
    },
  });
  google.denials.deny({
    permission: "artifactregistry.repositories.uploadArtifacts",
    principal: google.principals.builder,
  });
  expect(await run(client, google, { source, steps: [docker(image)], images: [image] })).toMatchObject({
    failureInfo: { type: "PUSH_NOT_AUTHORIZED" },
  });
  google.denials.deny({ permission: "storage.objects.get", principal: google.principals.builder });
  expect(await run(client, google, { source, steps: [bash("true")] })).toMatchObject({
    failureInfo: {
      type: "FETCH_SOURCE_FAILED",
      detail: expect.stringContaining("does not have storage.objects.get access"),
    },
  });
  await client.close();
});

test("what the service would refuse is refused", async (context) => {
  await using google = await start(context, { pools: ["own"] });
  const grpc = grpcClient(google);
  const rest = restClient(google);
  const steps = [bash("true")];
  const pool = (location: string, name: string) => ({
    pool: { name: `projects/${google.project}/locations/${location}/workerPools/${name}` },
  });
  const serviceAccount = `projects/${google.project}/serviceAccounts/builder@example.com`;
  // Over REST the library cannot write a number that has no name.
  const numbered: IBuild = { steps, options: { machineType: 99 as never } };
  const cases: readonly [IBuild, RegExp, number?][] = [
    [{ steps: [] }, /no build steps/],
    [{ steps: [{ name: "bash", args: ["echo", "$HOME"] }] }, /"HOME" is not a valid built-in substitution/],
    [{ steps: [{ name: "bash", args: ["$_X"] }] }, /"_X" is not matched in the substitution data/],
    [{ steps, substitutions: { _X: "1" } }, /"_X" in the substitution data is not matched in the template/],
    [{ steps: [{ name: "bash", script: "x", args: ["y"] }] }, /script/],
    [{ steps: [{ ...steps[0], waitFor: ["later"] }] }, /depends on "later", which has not been defined/],
    [{ steps: [{ ...steps[0], secretEnv: ["A"] }] }, /"A"/],
    [{ steps, serviceAccount }, /must either \(a\) specify 'build.logs_bucket'/],
    [{ steps, options: { diskSizeGb: 4001 } }, /4000|exceeds/],
    [numbered, /MachineType/],
    [{ steps, options: pool("us-central1", "own") }, /region/],
    [{ steps, options: pool(google.location, "other") }, /not found/, 5],
    [{ steps, options: { ...pool(google.location, "own"), machineType: "E2_HIGHCPU_8" } }, /machine_type/],
    [{ steps, timeout: { seconds: 86_401 } }, /timeout/],
    [{ steps, tags: ["not/allowed"] }, /tag/],
  ];
  for (const [build, message, code = 3] of cases) {
    await expect(createBuild(grpc, google, build), String(message)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    // The library's REST errors carry HTTP codes.
    const http = code === 3 ? 400 : 404;
    if (build === numbered) continue;
    await expect(createBuild(rest, google, build), String(message)).rejects.toMatchObject({ code: http });
  }
  for (const accepted of [pool(google.location, "own"), { logging: "NONE" as const }]) {
    await createBuild(grpc, google, { steps, options: accepted });
  }
  await createBuild(grpc, google, { steps, serviceAccount, options: { logging: "CLOUD_LOGGING_ONLY" } });

  // Names and types are held to the protos where the transport does not hide them.
  const url = `${google.endpoints.cloudbuild.rest}/v1/projects/${google.project}/locations/${google.location}/builds`;
  const post = async (body: object, authorization = `Bearer ${google.token().token}`) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers: { authorization } });
    return `${response.status} ${await response.text()}`;
  };
  expect(await post({ steps, colour: "red" })).toMatch(
    /^400 .*Unknown name \\"colour\\" at 'build': Cannot find field/,
  );
  expect(await post({ steps: [{ name: "bash", args: "x" }] })).toMatch(
    /^400 .*Invalid value at 'build.steps\[0\].args'/,
  );
  expect(await post({ steps, timeout: 3600 })).toMatch(/^400 .*google.protobuf.Duration/);
  expect(await post({ steps, options: { machine_type: "E2_HUGE" } })).toMatch(/^400 .*MachineType.*E2_HUGE/);
  expect(await post({ steps }, "Bearer nonsense")).toMatch(/^401 .*UNAUTHENTICATED/);
  await Promise.all([grpc.close(), rest.close()]);
});

test.for(["grpc", "rest"] as const)(
  "a cancelled build takes its processes along over %s",
  async (transport, context) => {
    await using google = await start(context);
    const client = transport === "grpc" ? grpcClient(google) : restClient(google);
    const mark = `imagespec-${google.endpoints.cloudbuild.port}`;
    const options = { logging: "GCS_ONLY" as const };
    const marked = () =>
      execFileSync("ps", ["-eo", "args"])
        .toString()
        .split("\n")
        .filter((line) => line.startsWith(`${mark} `)).length;
    const build = await createBuild(client, google, {
      steps: [
        bash(`setsid bash -c 'exec -a ${mark} sleep 300' & bash -c 'exec -a ${mark} sleep 300' & echo started; wait`),
      ],
      logsBucket: google.bucket,
      options,
    });
    while (!logOf(google, { ...build, logsBucket: google.bucket })?.includes("started")) await sleep(20);
    // One of them has left the process group.
    while (marked() < 2) await sleep(20);
    const [cancelled] = await client.cancelBuild({ name: nameOf(google, build) });
    expect(String(cancelled.status)).toBe("CANCELLED");
    const [now] = await client.getBuild({ name: nameOf(google, build) });
    expect(now.status).toBe("CANCELLED");
    expect(marked()).toBe(0);
    await expect(client.cancelBuild({ name: nameOf(google, build) })).rejects.toMatchObject({
      code: transport === "grpc" ? 9 : 400,
    });
    const sent = google.requests.find(({ operation }) => operation === "CancelBuild");
    // The routing annotations of cloudbuild.proto.
    if (transport === "grpc") expect(sent?.routing).toContain(`location=${google.location}`);
    await client.close();
  },
);

test("the log grows, is read by ranges, and is whole before the build has ended", async (context) => {
  await using google = await start(context, { flushMs: 15 });
  google.scriptBuilds({ log: { growBy: 7 } }, { log: { delayMs: 60_000 } });
  const client = grpcClient(google);
  const build = await createBuild(client, google, {
    steps: [bash(`for i in 1 2 3 4 5 6; do echo "tïck-$i-${"€".repeat(40)}"; sleep 0.05; done`)],
    logsBucket: `gs://${google.bucket}/logs`,
    options: { logging: "GCS_ONLY" },
  });
  const file = storageClient(google).bucket(google.bucket).file(`logs/log-${build.id}.txt`);
  const chunks: Buffer[] = [];
  const read = async (): Promise<unknown> => {
    const start = chunks.reduce((total, { length }) => total + length, 0);
    try {
      for await (const chunk of file.createReadStream({ start, validation: false, decompress: false })) {
        chunks.push(chunk);
      }
      return 206;
    } catch (error) {
      return (error as { readonly code: unknown }).code;
    }
  };
  for (;;) {
    await read();
    const [now] = await client.getBuild({ name: nameOf(google, build) });
    if (now.status === "SUCCESS") break;
  }
  await read();
  // Nothing new.
  expect(await read()).toBe(416);
  const text = Buffer.concat(chunks).toString();
  expect(text).toBe(google.readObject(google.bucket, `logs/log-${build.id}.txt`));
  expect(text).toMatch(/tïck-1-€{40}\n(?:.*\n)+tïck-6-€{40}\nDONE\n$/);
  expect(chunks.length).toBeGreaterThan(10);
  expect(chunks.some((chunk) => chunk.toString().includes("\uFFFD"))).toBe(true);

  const late = await createBuild(client, google, {
    steps: [bash("echo a word; sleep 1")],
    logsBucket: google.bucket,
    options: { logging: "GCS_ONLY" },
  });
  const lateFile = storageClient(google).bucket(google.bucket).file(`log-${late.id}.txt`);
  await expect(lateFile.download()).rejects.toMatchObject({ code: 404 });
  const done = await ended(client, google, late);
  expect(logOf(google, done)).toContain("a word\n");
  await client.close();
});

test("scripted faults, statuses and rights strike as they are written", async (context) => {
  await using google = await start(context, { secondMs: 20 });
  const client = grpcClient(google);
  const parent = `projects/${google.project}/locations/${google.location}`;
  const steps = [bash("true")];
  const once = { retry: null };

  google.faults.push({ op: "GetBuild", error: "UNAVAILABLE", times: 2 });
  const first = await createBuild(client, google, { steps });
  await client.getBuild({ name: nameOf(google, first) });
  expect(google.requests.filter(({ operation }) => operation === "GetBuild")).toHaveLength(3);
  google.faults.push({ op: "GetBuild", error: "RESOURCE_EXHAUSTED", message: "Quota exceeded" });
  await expect(client.getBuild({ name: nameOf(google, first) })).rejects.toMatchObject({ code: 8 });

  for (const error of ["drop", "UNAVAILABLE"] as const) {
    google.faults.push({ op: "CreateBuild", error, answerLost: true });
    await expect(client.createBuild({ parent, build: { steps, tags: [`lost-${error}`] } }, once)).rejects.toMatchObject(
      { code: 14 },
    );
    expect((await client.listBuilds({ parent, filter: `tags="lost-${error}"` }))[0]).toHaveLength(1);
    google.faults.push({ op: "CreateBuild", error });
    await expect(
      client.createBuild({ parent, build: { steps, tags: [`refused-${error}`] } }, once),
    ).rejects.toMatchObject({ code: 14 });
    expect((await client.listBuilds({ parent, filter: `tags="refused-${error}"` }))[0]).toEqual([]);
  }

  google.setApi("cloudbuild.googleapis.com", false);
  await expect(createBuild(client, google, { steps })).rejects.toMatchObject({
    code: 7,
    reason: "SERVICE_DISABLED",
    errorInfoMetadata: { service: "cloudbuild.googleapis.com" },
  });
  google.setApi("cloudbuild.googleapis.com", true);
  google.denials.deny({ permission: "cloudbuild.builds.create", times: 1 });
  await expect(createBuild(client, google, { steps })).rejects.toMatchObject({ code: 7 });
  const serviceAccount = `projects/${google.project}/serviceAccounts/builder@example.com`;
  google.denials.deny({ permission: "iam.serviceAccounts.actAs", times: 1 });
  await expect(
    createBuild(client, google, { steps, serviceAccount, options: { logging: "NONE" } }),
  ).rejects.toMatchObject({ code: 7, message: expect.stringContaining("act as service account builder@example.com") });

  google.scriptBuilds({ notFoundReads: 1, shows: ["PENDING", 99, "QUEUED"] });
  const strange = await createBuild(client, google, { steps });
  await expect(client.getBuild({ name: nameOf(google, strange) })).rejects.toMatchObject({ code: 5 });
  const seen = [];
  for (let read = 0; read < 3; read += 1)
    seen.push((await client.getBuild({ name: nameOf(google, strange) }))[0].status);
  expect(seen).toEqual(["PENDING", 99, "QUEUED"]);
  expect((await ended(client, google, strange)).status).toBe("SUCCESS");

  google.scriptBuilds({ queueMs: Number.POSITIVE_INFINITY }, { ends: { status: "INTERNAL_ERROR" } });
  const expired = await createBuild(client, google, { steps, queueTtl: { seconds: 5 } });
  expect(await ended(client, google, expired)).toMatchObject({ status: "EXPIRED" });
  expect(await ended(client, google, await createBuild(client, google, { steps }))).toMatchObject({
    status: "INTERNAL_ERROR",
  });
  await client.close();
});
