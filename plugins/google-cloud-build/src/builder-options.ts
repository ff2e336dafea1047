import { ImageSpecError } from "@imagespec/errors";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";
import { poolLocation } from "./request/google-place.ts";

const choices = {
  builder: ["docker", "buildx"],
  logging: ["gcs", "cloud-logging", "none"],
  cleanup: ["lifecycle", "always"],
  transport: ["grpc", "rest"],
} as const;

const machines = ["E2_MEDIUM", "E2_STANDARD_2", "E2_HIGHCPU_8", "E2_HIGHCPU_32"];
/** With the names that version: a secret's newest version could be another one in the next build, under the same tag. */
const secretVersion = /^projects\/[^/]+\/(?:locations\/[^/]+\/)?secrets\/[^/]+\/versions\/[^/]+$/;

/** Limits of the service: minutes of a build, GB of a disk. */
const limits = { timeoutMinutes: 1440, queueMinutes: 1440, diskGb: 4000 };

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions(options: GoogleCloudBuildOptions): void {
  for (const [name, allowed] of Object.entries(choices)) {
    // The name is one of the options: `choices` is keyed by them.
    const value: unknown = options[name as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value))
      throw invalid(name, value, "not one of its values", `use one of: ${allowed.join(", ")}`);
  }
  assertMachine(options);
  assertNames(options);
  const { cache } = options;
  if (cache !== undefined && cache !== "none") {
    if (typeof cache !== "object" || typeof cache.registry !== "string")
      throw invalid("cache", cache, "no cache", "write { registry: REFERENCE }, or none");
    if (options.builder === "docker")
      throw invalid("cache", cache.registry, 'in conflict with "builder": docker cannot export a cache', "use buildx");
  }
}

function assertMachine({ machine = {}, location }: GoogleCloudBuildOptions): void {
  const { type, pool, diskGb } = machine;
  for (const [name, limit] of Object.entries(limits)) {
    // Keys of `limits` are options of the machine.
    const value = machine[name as keyof typeof limits];
    if (value !== undefined && !(Number.isInteger(value) && value > 0 && value <= limit))
      throw invalid(`machine.${name}`, value, "out of range", `write a whole number from 1 to ${limit}`);
  }
  if (type !== undefined && !machines.includes(type))
    throw invalid("machine.type", type, "no machine of Cloud Build", `use one of: ${machines.join(", ")}`);
  if (pool === undefined) return;
  const home = poolLocation(pool);
  if (home === undefined)
    throw invalid("machine.pool", pool, "not the name of a pool", "write projects/P/locations/L/workerPools/N");
  if (type !== undefined || diskGb !== undefined)
    throw invalid("machine.pool", pool, "in conflict with type and diskGb", "leave those out: the pool has its own");
  if (location !== undefined && location !== home)
    throw invalid("location", location, `another one than that of the pool, "${home}"`, "leave it out");
}

function assertNames({ bucket, serviceAccount, secrets, project, location }: GoogleCloudBuildOptions): void {
  const checks: readonly (readonly [name: string, value: string | undefined, form: RegExp, hint: string])[] = [
    [
      "project",
      project,
      /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      "write the id of a project, not its number or name",
    ],
    ["location", location, /^[a-z]+(?:-[a-z]+\d+)?$/, "write global or a region, such as europe-west1"],
    ["bucket", bucket, /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, "write the name of a bucket, without gs://"],
    ["serviceAccount", serviceAccount, /^[^\s@/]+@[^\s@/]+$/, "write the email of a service account"],
  ];
  for (const [name, value, form, hint] of checks) {
    if (value !== undefined && !(typeof value === "string" && form.test(value)))
      throw invalid(name, value, "not valid", hint);
  }
  for (const [id, version] of Object.entries(secrets ?? {})) {
    if (!secretVersion.test(version))
      throw invalid(`secrets.${id}`, "…", "not a version of a secret", "write projects/P/secrets/S/versions/V");
  }
}

function invalid(name: string, value: unknown, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError(
    "CONFIG_INVALID",
    `option "${name}" of the builder "google-cloud-build" is "${String(value)}", ${problem}`,
    { hint },
  );
}
