import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { gcpCommand } from "./gcp-command.ts";

const options = {
  project: "acme-images",
  location: "europe-west1",
  serviceAccount: "imagespec-builds@acme-images.iam.gserviceaccount.com",
};
const repository = ["--repository", "europe-west1-docker.pkg.dev/acme-images/images"];

async function run(argv: readonly string[], given: unknown = options) {
  let [out, err] = ["", ""];
  const exitCode = await gcpCommand.run(argv, {
    env: {},
    cwd: "/",
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal: new AbortController().signal,
    options: given,
  });
  return { exitCode, out, err };
}

test("every binding is least: buckets, repositories, accounts and secrets by name, and the project for what has no name", async () => {
  const secrets = { token: "projects/acme-secrets/secrets/token/versions/3" };
  const { out } = await run(["policy", ...repository, "--format", "json"], { ...options, secrets });
  const list = JSON.parse(out) as readonly { member: string; role: string; on: { kind: string } }[];
  expect(list.filter(({ on }) => on.kind === "project").map(({ role }) => role)).toEqual([
    "roles/cloudbuild.builds.editor",
    "roles/serviceusage.serviceUsageConsumer",
    "roles/storage.bucketViewer",
    "roles/logging.logWriter",
  ]);
  expect(list).toContainEqual({
    member: `serviceAccount:${options.serviceAccount}`,
    role: "roles/secretmanager.secretAccessor",
    on: { kind: "secret", project: "acme-secrets", secret: "token" },
    why: expect.any(String),
  });
  expect(
    list.some(({ role }) => /owner|editor$|roles\/.*admin/i.test(role) && role !== "roles/cloudbuild.builds.editor"),
  ).toBe(false);
});

test("options widen and narrow it", async () => {
  const rolesOf = async (more: object): Promise<string> =>
    (await run(["policy", ...repository, "--format", "json"], { ...options, ...more })).out;
  expect(await rolesOf({ createRepository: {} })).toContain("roles/artifactregistry.admin");
  expect(await rolesOf({ bucket: "acme-builds" })).not.toContain("roles/storage.bucketViewer");
  expect(await rolesOf({ logging: "none" })).not.toContain("logs that can be followed");
  expect(await rolesOf({ logsBucket: "acme-logs/x" })).toContain('"bucket": "acme-logs"');
});

test("commands are ready to be run", async () => {
  const { exitCode, out } = await run(["policy", ...repository, "--caller", "user:ada@acme.dev"]);
  expect(exitCode).toBe(0);
  expect(out).toContain(
    "gcloud artifacts repositories add-iam-policy-binding images --project=acme-images --location=europe-west1 \\\n" +
      "  --member=user:ada@acme.dev --role=roles/artifactregistry.writer",
  );
  expect(out).toMatch(/^gcloud services enable cloudbuild\.googleapis\.com /);
});

test("the documentation shows what it prints", async () => {
  const { out } = await run(["policy", ...repository, "--caller", "user:ada@acme.dev", "--format", "terraform"]);
  const page = await readFile(path.join(import.meta.dirname, "../../../../docs/plugins/google-cloud-build.md"), "utf8");
  expect(/```text\n(resource [\s\S]*?)```/.exec(page)?.[1]).toBe(out);
});

test.each([
  [["policy"], /repository is missing/],
  [["policy", "--repository", "docker.io/acme/images"], /"docker.io\/acme\/images" is no repository/],
  [["policy", ...repository, "--format", "xml"], /"xml"/],
  [["roles"], /"imagespec gcp roles"/],
  [["policy", "--all"], /--all/],
])("%j is a usage error with a hint", async (argv, message) => {
  const { exitCode, err } = await run(argv);
  expect(exitCode).toBe(2);
  expect(err).toMatch(message);
  expect(err).toContain("hint: ");
});
