import cloudBuildProtos from "@google-cloud/cloudbuild/build/protos/protos.json" with { type: "json" };
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { buildMessage } from "./build-message.ts";
import type { BuildWork } from "./build-work.ts";
import { escapeDollar } from "./escape-dollar.ts";
import { googlePlace } from "./google-place.ts";

const root = protobuf.Root.fromJSON(cloudBuildProtos as protobuf.INamespace);
const buildType = root.lookupType("google.devtools.cloudbuild.v1.Build");

const work: BuildWork = {
  image: "europe-west1-docker.pkg.dev/acme/images/train",
  tag: "u1-abc",
  platform: "linux/amd64",
  buildArgs: { IMAGESPEC_TEXT: "a $HOME\n$(B) $$" },
  secretFiles: [{ id: "uv-config", path: "machine/uv-config" }],
  secretVersions: [{ id: "token", version: "projects/acme/secrets/token/versions/3" }],
  contextFolder: "context",
  noCache: false,
  emulated: false,
  source: { bucket: "acme_imagespec", object: "imagespec/contexts/0.tar.gz", generation: "1700000000000000" },
};

const variants: readonly (readonly [string, GoogleCloudBuildOptions, Partial<BuildWork>])[] = [
  ["docker", {}, {}],
  [
    "docker, with all options",
    {
      serviceAccount: "b@acme.iam.gserviceaccount.com",
      logsBucket: "acme-logs/x",
      network: "cloudbuild",
      machine: { type: "E2_HIGHCPU_32", diskGb: 200, timeoutMinutes: 30, queueMinutes: 5 },
    },
    { noCache: true },
  ],
  ["a private pool", { machine: { pool: "projects/acme/locations/europe-west1/workerPools/p" } }, {}],
  ["Cloud Logging", { serviceAccount: "b@acme.iam.gserviceaccount.com", logging: "cloud-logging" }, {}],
  ["no log", { logging: "none" }, { secretVersions: [] }],
  [
    "buildx with a cache",
    { cache: { registry: "europe-west1-docker.pkg.dev/acme/images/cache:main" }, buildkitImage: "mirror/buildkit:1" },
    {},
  ],
  ["buildx for arm64", {}, { platform: "linux/arm64", emulated: true }],
];

test.each(variants)("the request of %s is what the service's own definition says", (_, options, more) => {
  const { message } = buildMessage({ ...work, ...more }, options, googlePlace("acme", options));
  expect(problemsOf(buildType, message, "build")).toEqual([]);
  expect(buildType.verify(buildType.fromObject(message))).toBeNull();
});

test("the check of requests finds unknown fields, wrong types and names that are no values", () => {
  const { message } = buildMessage(work, {}, googlePlace("acme", {}));
  const broken = {
    ...message,
    timeout: 3600,
    colour: "red",
    options: { ...message.options, machineType: "E2_GIANT", diskSizeGb: "many" },
    steps: [{ ...message.steps[0], args: "build" }],
  };
  expect(problemsOf(buildType, broken, "build")).toEqual(
    [
      "build.steps[0].args is no list",
      "build.timeout is no message",
      'build.options.machineType has no value "E2_GIANT"',
      "build.options.diskSizeGb is no int64",
      "build.colour is no field",
    ].sort(),
  );
});

test("with an account of its own, a build says where its log goes", () => {
  for (const logging of ["gcs", "cloud-logging", "none"] as const) {
    const options = { serviceAccount: "b@acme.iam.gserviceaccount.com", logging };
    const { message } = buildMessage(work, options, googlePlace("acme", options));
    expect(message.logsBucket !== undefined || message.options.logging !== "GCS_ONLY").toBe(true);
  }
});

test("no word of a build reaches a shell, and every dollar is escaped", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (value, tag) => {
      const { message } = buildMessage({ ...work, buildArgs: { X: value }, tag }, {}, googlePlace("acme", {}));
      expect(message.steps.every(({ script }) => script === undefined)).toBe(true);
      expect(message.steps[0]?.args).toContain(`X=${escapeDollar(value)}`);
    }),
  );
  // As Cloud Build reads it.
  const substituted = (text: string): string =>
    text.replace(/\$\$|\$\{?\w+\}?/g, (found) => (found === "$$" ? "$" : ""));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      expect(substituted(escapeDollar(text))).toBe(text);
    }),
  );
});

test("equal builds have one key, and a forced one has its own", () => {
  const keyOf = (more: Partial<BuildWork> = {}, options: GoogleCloudBuildOptions = {}): string =>
    buildMessage({ ...work, ...more }, options, googlePlace("acme", options)).key;
  expect(keyOf()).toBe(keyOf());
  expect(keyOf({ tag: "u1-other" })).not.toBe(keyOf());
  expect(keyOf({}, { machine: { timeoutMinutes: 5 } })).not.toBe(keyOf());
  expect(keyOf({ noCache: true })).not.toBe(keyOf({ noCache: true }));
  expect(keyOf()).toMatch(/^[\w][\w.-]{0,127}$/);
});

/** What of a value is not as the message type says: fields that it has not, values of other types, names that an enum has not. */
function problemsOf(type: protobuf.Type, value: unknown, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [`${path} is no message`];
  return Object.entries(value)
    .flatMap(([name, given]) => {
      const field = type.fields[name];
      const place = `${path}.${name}`;
      if (field === undefined) return [`${place} is no field`];
      field.resolve();
      if (!field.repeated) return problemsOfOne(field, given, place);
      if (!Array.isArray(given)) return [`${place} is no list`];
      return given.flatMap((entry, index) => problemsOfOne(field, entry, `${place}[${index}]`));
    })
    .sort();
}

function problemsOfOne(field: protobuf.Field, value: unknown, path: string): readonly string[] {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Enum) {
    return typeof value === "string" && value in resolvedType.values ? [] : [`${path} has no value "${String(value)}"`];
  }
  if (resolvedType instanceof protobuf.Type) return problemsOf(resolvedType, value, path);
  const isRight =
    type === "string"
      ? typeof value === "string"
      : type === "bool"
        ? typeof value === "boolean"
        : Number.isSafeInteger(value) || (typeof value === "string" && /^\d+$/.test(value));
  return isRight ? [] : [`${path} is no ${type}`];
}
