// Tries on a real account what a fake cannot tell: node live-check.mjs. It builds small images, and removes none.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { awsCodebuild } from "@imagespec/builder-aws-codebuild";
import { registries } from "@imagespec/builder-aws-codebuild/registries";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";

const {
  REGISTRY: registry,
  IMAGESPEC_AWS_PROJECT: project,
  IMAGESPEC_AWS_BUCKET: bucket,
  SECRET: secret,
} = process.env;
if (registry === undefined || project === undefined || bucket === undefined) {
  console.log("skipped: set REGISTRY, IMAGESPEC_AWS_PROJECT and IMAGESPEC_AWS_BUCKET, and log in to AWS");
  process.exit(0);
}

const options = { repository: { ensure: { mutability: "IMMUTABLE", lifecycleDays: 1 } } };
const run = Date.now().toString(36);
const files = { baseImage: "scratch", copy: [{ from: "assets", to: "/assets" }], builder: "aws-codebuild" };
const root = fileURLToPath(new URL(".", import.meta.url));

const checks = {
  "a context that is no zip is handed over as it is, and built": (build) =>
    build({ ...files, name: "live-check/plain", labels: { run } }),
  "no tag of a build stays behind, also in an immutable repository": async (build, seen) => {
    await build({ ...files, name: "live-check/tags", labels: { run } });
    const left = seen.filter((event) => event.type === "warning").map(({ message }) => message);
    if (left.length > 0) throw new Error(left.join("; "));
  },
  "two native builds are joined": (build) =>
    build({ ...files, name: "live-check/platforms", labels: { run }, platform: ["linux/amd64", "linux/arm64"] }),
  "a step that fails is named": async (build) => {
    const input = { name: "live-check/failure", builder: "aws-codebuild", commands: ["exit 7"], labels: { run } };
    const error = await build(input).then(
      () => undefined,
      (reason) => reason,
    );
    if (error?.code !== "BUILD_STEP_FAILED" || error.details.exitCode !== 7) throw error ?? new Error("it was built");
  },
  "an abort stops the build": async (build, seen, controller) => {
    const input = { name: "live-check/abort", builder: "aws-codebuild", commands: ["sleep 600"], labels: { run } };
    const error = await build(input, (event) => {
      if (event.type === "step" && event.name === "machine" && event.state === "done") controller.abort();
    }).catch((reason) => reason);
    if (error?.code !== "ABORTED") throw error;
    const id = seen.find((event) => event.type === "step" && event.id === "start" && event.state === "done")?.detail;
    console.log(`    look for it: aws codebuild batch-get-builds --ids ${id} --query 'builds[].buildStatus'`);
  },
  ...(secret === undefined
    ? {}
    : {
        "a secret is read by CodeBuild, and masked": (build) =>
          build({
            name: "live-check/secret",
            builder: "aws-codebuild",
            secrets: [{ id: "s", from: { aws: secret } }],
            commands: [{ run: "test -s /run/secrets/s && cat /run/secrets/s", secrets: ["s"] }],
            labels: { run },
          }),
      }),
};

const cacheFolder = await mkdtemp(path.join(tmpdir(), "live-check-"));
let failed = 0;
try {
  for (const [title, check] of Object.entries(checks)) {
    const engine = new ImageBuildEngine({
      builders: [awsCodebuild(options)],
      providers: registries(options),
      cacheFolder,
    });
    const [controller, seen] = [new AbortController(), []];
    const build = (input, listen) =>
      engine.build(new ImageSpec(input), {
        registry,
        root,
        signal: controller.signal,
        onEvent: (event) => {
          seen.push(event);
          listen?.(event);
        },
      });
    try {
      await check(build, seen, controller);
      console.log(`  ok      ${title}`);
    } catch (error) {
      failed++;
      console.log(`  FAILED  ${title}: ${error.code ?? ""} ${error.message}`);
    } finally {
      await engine.close();
    }
  }
} finally {
  await rm(cacheFolder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
