import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { startFakeGoogle } from "@imagespec/cloud-testbed/google";
import { requireStack, temporaryFolder } from "@imagespec/test-support";
import { expect, test, vi } from "vitest";
import { isTerminal } from "../src/client/build-state.ts";
import { type CloudBuildModules, openCloudBuild } from "../src/client/cloud-build-adapter.ts";
import { openStaging, type StorageModule } from "../src/client/storage-adapter.ts";
import { benchOptions } from "./support/bench.ts";

// The majors that want Node 22. `npm run test:matrix` runs this there; everywhere else they are not installed.
const wanted = ["@google-cloud/cloudbuild@6.1.0", "@google-cloud/storage@8.4.0"];
const [major = 0] = process.versions.node.split(".").map(Number);
const isHere = major >= 22 && process.env["IMAGESPEC_WHOLE"] === "1";

/** Installs them beside everything else, and gives their modules. */
async function install(folder: string): Promise<CloudBuildModules & { readonly storage: StorageModule }> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "package.json"), "{}");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status, stderr } = spawnSync(npm, ["install", "--no-audit", "--no-fund", "--prefix", folder, ...wanted], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  const load = createRequire(path.join(folder, "index.js"));
  const gaxOf = createRequire(load.resolve("@google-cloud/cloudbuild"));
  return {
    cloudBuild: load("@google-cloud/cloudbuild"),
    gax: gaxOf("google-gax"),
    storage: load("@google-cloud/storage"),
  };
}

test.skipIf(!isHere)("the newer majors do what the adapters ask of them, over gRPC and over REST", async (context) => {
  const stack = await requireStack(context);
  await using folder = await temporaryFolder();
  const modules = await install(folder.path);
  await using google = await startFakeGoogle({ stack });
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", google.credentials.file);
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  const signal = AbortSignal.timeout(60_000);
  const place = { project: google.project, location: google.location };

  const file = path.join(folder.path, "context.tar.gz");
  await writeFile(file, "not really");
  for (const more of [{}, { accessToken: google.token().token }]) {
    const staging = await openStaging(place, { ...benchOptions(google), ...more }, async () => modules.storage);
    const target = { bucket: google.bucket, object: "newer/context.tar.gz" };
    const staged = await staging.upload(target, { path: file, size: 10 }, { signal });
    expect(await staging.upload(target, { path: file, size: 10 }, { signal })).toMatchObject({ uploaded: 0 });
    expect(await staging.read(target.bucket, target.object, 4, { signal })).toMatchObject({ kind: "bytes" });
    expect(await staging.read(target.bucket, target.object, 10, { signal })).toEqual({ kind: "end" });
    expect(await staging.read(target.bucket, "newer/absent", 0, { signal })).toEqual({ kind: "absent" });
    expect(await staging.bucketsOf(google.project, google.bucket, { signal })).toContain(google.bucket);
    await staging.remove(staged, { signal });
  }
  for (const transport of ["grpc", "rest"] as const) {
    const client = await openCloudBuild(place, benchOptions(google, transport), async () => modules);
    google.scriptBuilds({ queueMs: 60_000 });
    const { id } = await client.createBuild(
      {
        // Nothing of it is carried out: it is cancelled in the queue.
        source: {
          storageSource: { bucket: google.bucket, object: "x.tar.gz", generation: "1", sourceFetcher: "GCS_FETCHER" },
        },
        steps: [{ id: "build", name: "bash", args: ["-c", "true"] }],
        tags: ["newer"],
        timeout: { seconds: 60 },
        queueTtl: { seconds: 60 },
        options: { logging: "NONE", substitutionOption: "ALLOW_LOOSE" },
      },
      { signal },
    );
    expect(await client.getBuild(id, { signal })).toMatchObject({ id, status: "QUEUED" });
    expect((await client.listBuilds({ tag: "newer" }, { signal })).map((build) => build.id)).toContain(id);
    expect(isTerminal(await client.cancelBuild(id, { signal }))).toBe(true);
    await expect(client.getBuild("nothing", { signal })).rejects.toThrow();
    await client.close();
  }
});
