import { expect, test } from "vitest";
import { assertOptions } from "./builder-options.ts";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";

const pool = "projects/acme-images/locations/europe-west1/workerPools/p";

test.each<[GoogleCloudBuildOptions]>([
  [{}],
  [{ project: "acme-images", location: "europe-west1", bucket: "acme_builds" }],
  [{ project: "example.com:acme-images", machine: { pool, timeoutMinutes: 1440 } }],
  [{ location: "europe-west1", machine: { pool } }],
  [{ cache: { registry: "europe-docker.pkg.dev/p/r/cache:main" }, builder: "buildx" }],
  [{ secrets: { token: "projects/p/secrets/s/versions/latest" } }],
])("%j is good", (options) => {
  expect(() => assertOptions(options)).not.toThrow();
});

test.each([
  [{ builder: "kaniko" }, /"builder".*"kaniko"/],
  [{ logging: "all" }, /"logging"/],
  [{ machine: { type: "E2_GIANT" } }, /"machine.type" .*"E2_GIANT"/],
  [{ machine: { diskGb: 5000 } }, /"machine.diskGb"/],
  [{ machine: { timeoutMinutes: 0.5 } }, /"machine.timeoutMinutes"/],
  [{ machine: { pool: "my-pool" } }, /"machine.pool"/],
  [{ machine: { pool, type: "E2_MEDIUM" } }, /in conflict/],
  [{ location: "us-central1", machine: { pool } }, /another one than that of the pool, "europe-west1"/],
  [{ location: "Europe" }, /"location"/],
  [{ bucket: "gs://acme" }, /"bucket"/],
  [{ serviceAccount: "projects/p/serviceAccounts/x" }, /"serviceAccount"/],
  [{ cache: { registry: "r/c" }, builder: "docker" }, /docker cannot export a cache/],
  [{ secrets: { token: "hunter2" } }, /"secrets.token"/],
])("%j is refused", (options, message) => {
  // What a configuration file can hold.
  expect(() => assertOptions(options as GoogleCloudBuildOptions)).toThrow(message);
});

test("a secret that was written where its name belongs is not repeated", () => {
  expect(() => assertOptions({ secrets: { token: "hunter2" } })).toThrow(expect.not.stringContaining("hunter2"));
});
