import type { BuildMessage } from "../client/build-message.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { secretVariable } from "./build-arguments.ts";
import { buildKey } from "./build-key.ts";
import type { BuildWork } from "./build-work.ts";
import { buildxSteps } from "./buildx-steps.ts";
import { chooseTool } from "./choose-tool.ts";
import { dockerSteps } from "./docker-steps.ts";
import { escapeDollar } from "./escape-dollar.ts";
import type { GooglePlace } from "./google-place.ts";

/** The request that has a build done. */
export function buildMessage(
  work: BuildWork,
  options: GoogleCloudBuildOptions,
  place: GooglePlace,
): { readonly message: BuildMessage; readonly key: string } {
  const message = untagged(work, options, place);
  const key = buildKey(message, { force: work.noCache });
  return { message: { ...message, tags: ["imagespec", key] }, key };
}

function untagged(work: BuildWork, options: GoogleCloudBuildOptions, place: GooglePlace): Omit<BuildMessage, "tags"> {
  const { machine = {}, serviceAccount, logging = "gcs" } = options;
  const tool = chooseTool(options, work);
  const { timeoutMinutes = 60, queueMinutes = 60 } = machine;
  return {
    source: { storageSource: { ...work.source, sourceFetcher: "GCS_FETCHER" } },
    steps: tool === "docker" ? dockerSteps(work, options) : buildxSteps(work, options),
    ...(tool === "docker" ? { images: [escapeDollar(`${work.image}:${work.tag}`)] } : {}),
    // Objects: a plain number would be read as nothing, and the default be taken silently.
    timeout: { seconds: timeoutMinutes * 60 },
    queueTtl: { seconds: queueMinutes * 60 },
    // Named even where the service has a default: with an account of one's own it refuses to choose.
    ...(logging === "gcs" ? { logsBucket: `gs://${place.logs}` } : {}),
    ...(serviceAccount === undefined
      ? {}
      : { serviceAccount: `projects/${place.project}/serviceAccounts/${serviceAccount}` }),
    ...(work.secretVersions.length === 0
      ? {}
      : {
          availableSecrets: {
            secretManager: work.secretVersions.map(({ version }, index) => ({
              versionName: version,
              env: secretVariable(index),
            })),
          },
        }),
    options: {
      ...machineOptions(machine),
      logging: logging === "gcs" ? "GCS_ONLY" : logging === "cloud-logging" ? "CLOUD_LOGGING_ONLY" : "NONE",
      ...(logging === "gcs" ? { logStreamingOption: "STREAM_ON" as const } : {}),
      // Every `$` is escaped; one that the service should see all the same must not fail the build.
      substitutionOption: "ALLOW_LOOSE",
    },
  };
}

function machineOptions({
  type = "E2_HIGHCPU_8",
  diskGb,
  pool,
}: NonNullable<GoogleCloudBuildOptions["machine"]>): Pick<
  BuildMessage["options"],
  "machineType" | "diskSizeGb" | "pool"
> {
  // A pool has machines of its own.
  if (pool !== undefined) return { pool: { name: pool } };
  return { machineType: type, ...(diskGb === undefined ? {} : { diskSizeGb: diskGb }) };
}
