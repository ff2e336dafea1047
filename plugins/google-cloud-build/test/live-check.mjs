// Goes through docs/plugins/google-cloud-live-check.md with a real account. Needs a build of the packages:
//   node plugins/google-cloud-build/test/live-check.mjs --project P --location L --repository R [--bucket B] [--service-account EMAIL]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { assemble } from "@imagespec/builder-assemble";
import { artifactRegistry, googleCloudBuild } from "@imagespec/builder-google-cloud-build";
import { cli } from "@imagespec/builder-google-cloud-build/cli";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";

const { values } = parseArgs({
  options: {
    project: { type: "string" },
    location: { type: "string", default: "europe-west1" },
    repository: { type: "string" },
    bucket: { type: "string" },
    "service-account": { type: "string" },
    secret: { type: "string" },
  },
});
if (values.project === undefined || values.repository === undefined) {
  console.error("--project and --repository are needed");
  process.exit(2);
}

const base = {
  project: values.project,
  location: values.location,
  ...(values.bucket === undefined ? {} : { bucket: values.bucket }),
  ...(values["service-account"] === undefined ? {} : { serviceAccount: values["service-account"] }),
};
const registry = `${values.location}-docker.pkg.dev/${values.project}/${values.repository}`;
const folder = await mkdtemp(path.join(tmpdir(), "google-live-"));
const run = Date.now().toString(36);
let failed = 0;

/** Builds a spec of its own, and says what was told meanwhile. */
async function build(
  name,
  input,
  { options = {}, builder = googleCloudBuild({ ...base, ...options }), signal, allowEmulation = false } = {},
) {
  const events = [];
  await using engine = new ImageBuildEngine({
    builders: [builder],
    providers: [artifactRegistry({ ...base, ...options })],
    cacheFolder: path.join(folder, "cache"),
  });
  const spec = new ImageSpec({ name: `imagespec-live/${run}-${name}`, env: { RUN: run }, ...input });
  const build = engine.build(spec, {
    root: folder,
    registry,
    allowEmulation,
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event) => events.push(event),
  });
  return { image: await build.catch((error) => ({ error })), events };
}

const logsOf = (events) => events.flatMap((event) => (event.type === "log" ? [event] : []));
const succeeded = ({ image }) =>
  image.error === undefined ? `${image.reference} ${image.digest}` : Promise.reject(image.error);

async function check(number, question, action) {
  try {
    console.log(`${number}. ok       ${question}: ${await action()}`);
  } catch (error) {
    if (error?.skipped) console.log(`${number}. skipped  ${question}: ${error.skipped}`);
    else {
      failed++;
      console.log(`${number}. FAILED   ${question}: ${error?.code ?? ""} ${error?.message ?? error}`);
    }
  }
}

try {
  await writeFile(path.join(folder, "note.txt"), "a file\n");
  const context = {
    env: process.env,
    cwd: folder,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: new AbortController().signal,
    options: base,
  };
  await check(1, "doctor", async () => {
    const findings = (await Promise.all(cli.doctor.map((one) => one.run(context)))).flat();
    const wrong = findings.find(({ status }) => status === "error");
    if (wrong !== undefined) throw new Error(`${wrong.message}; ${wrong.hint}`);
    return findings.map(({ message }) => message).join("; ");
  });
  const files = { copy: [{ from: "note.txt", to: "/note.txt" }] };
  await check(2, "wheel-only image by the assembler", async () =>
    succeeded(await build("assembled", files, { builder: assemble() })),
  );
  const commands = ["for i in 1 2 3 4 5; do echo tick-ü$i; sleep 3; done"];
  let ordinary;
  await check(3, "docker build in a region", async () => {
    ordinary = await build("docker", { commands });
    return succeeded(ordinary);
  });
  await check(3, "docker build in global", async () =>
    succeeded(await build("global", { commands: ["true"] }, { options: { location: "global" } })),
  );
  await check(4, "over REST", async () =>
    succeeded(await build("rest", { commands: ["true"] }, { options: { transport: "rest" } })),
  );
  await check(5, "plain progress is read as steps of the spec", async () => {
    const step = ordinary?.events.find(
      (event) => event.type === "step" && event.spec === "commands[0]" && event.state === "done",
    );
    if (step === undefined) throw new Error("no step for commands[0]: look at the log, and at the prefix of its lines");
    return `${step.ms} ms`;
  });
  await check(6, "lines come while their command runs", async () => {
    const times = logsOf(ordinary?.events ?? [])
      .filter(({ text }) => text.includes("tick-ü"))
      .map(({ t }) => Math.round(t));
    if (times.length !== 5) throw new Error(`${times.length} of 5 lines came`);
    if (times[4] - times[0] < 6000)
      throw new Error(`they came within ${times[4] - times[0]} ms: the object does not grow`);
    return `at ${times.join(", ")} ms`;
  });
  await check(7, "a failing command and its field", async () => {
    const { image } = await build("failing", { commands: ["true", "exit 3"] });
    if (image.error?.code !== "BUILD_STEP_FAILED") throw image.error ?? new Error("it succeeded");
    return image.error.problems[0]?.path ?? "no field";
  });
  await check(8, "an abort", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 40_000).unref();
    const { image, events } = await build("aborted", { commands: ["sleep 300"] }, { signal: controller.signal });
    if (image.error?.code !== "ABORTED") throw image.error ?? new Error("it succeeded");
    const warning = events.find((event) => event.type === "warning");
    return warning?.message ?? "look with: gcloud builds list --limit 1";
  });
  await check(9, "buildx with a cache", async () =>
    succeeded(
      await build(
        "buildx",
        { commands: ["echo 9"] },
        { options: { cache: { registry: `${registry}/imagespec-live/cache:${run}` } } },
      ),
    ),
  );
  await check(10, "linux/arm64 by emulation", async () =>
    succeeded(await build("arm64", { platform: "linux/arm64", commands: ["uname -m"] }, { allowEmulation: true })),
  );
  await check(11, "a secret", async () => {
    if (values.secret === undefined) throw { skipped: "--secret projects/P/secrets/S/versions/V is not given" };
    const secrets = [{ id: "live", from: { google: values.secret } }];
    return succeeded(
      await build("secret", { secrets, commands: [{ run: "test -s /run/secrets/live", secrets: ["live"] }] }),
    );
  });
  for (const [number, question] of [
    [12, "the refusal of an immutable tag"],
    [13, "each denied right"],
    [14, "how long a binding takes"],
    [15, "how soon a build is listed by its tag"],
  ]) {
    await check(number, question, () => Promise.reject({ skipped: "by hand: it changes the project" }));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(failed === 0 ? "everything as expected" : `${failed} otherwise than expected`);
process.exitCode = failed === 0 ? 0 : 1;
