import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";

/** Where builds are made, with every default filled in. */
export interface GooglePlace {
  readonly project: string;
  readonly location: string;
  readonly bucket: string;
  /** Folder of contexts in the bucket. */
  readonly prefix: string;
  /** `bucket/folder` of logs. */
  readonly logs: string;
}

/** Fills in what the options leave open. */
export function googlePlace(project: string, options: GoogleCloudBuildOptions): GooglePlace {
  const { bucket = defaultBucket(project), prefix = "imagespec", logsBucket } = options;
  return {
    project,
    location: locationOf(options),
    bucket,
    prefix: `${prefix}/contexts`,
    logs: (logsBucket ?? `${bucket}/${prefix}/logs`).replace(/^gs:\/\//, "").replace(/\/+$/, ""),
  };
}

/** The location of the options, or of their pool. */
export function locationOf({ location, machine }: Pick<GoogleCloudBuildOptions, "location" | "machine">): string {
  return location ?? poolLocation(machine?.pool) ?? "global";
}

/** `projects/P/locations/L/workerPools/N` */
export function poolLocation(pool: string | undefined): string | undefined {
  return pool === undefined ? undefined : /^projects\/[^/]+\/locations\/([^/]+)\/workerPools\/[^/]+$/.exec(pool)?.[1];
}

/** Bucket names have neither `:` nor capitals; ids of projects in a domain do. */
function defaultBucket(project: string): string {
  return `${project.replace(/[^a-z0-9-]/g, "-")}_imagespec`;
}
