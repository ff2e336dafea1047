import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { googlePlace } from "../request/google-place.ts";

/** A role of somebody on something. */
export interface Binding {
  /** Who: the account that runs imagespec, or the one that builds run as. */
  readonly who: "caller" | "builder";
  readonly role: string;
  readonly on:
    | { readonly kind: "project"; readonly project: string }
    | { readonly kind: "bucket"; readonly bucket: string }
    | { readonly kind: "service-account"; readonly email: string }
    | { readonly kind: "repository"; readonly project: string; readonly location: string; readonly repository: string }
    | { readonly kind: "secret"; readonly project: string; readonly secret: string };
  /** What it is for. */
  readonly why: string;
}

/** What the bindings are made for beside the options. */
export interface BindingTarget {
  readonly project: string;
  /** Repository of Artifact Registry that images go to. */
  readonly repository: { readonly project: string; readonly location: string; readonly repository: string };
}

/** The least that caller and build account need for builds with these options. */
export function bindings(options: GoogleCloudBuildOptions, { project, repository }: BindingTarget): readonly Binding[] {
  const { bucket, logs } = googlePlace(project, options);
  const { logging = "gcs", serviceAccount, createRepository } = options;
  const [logsBucket = bucket] = logs.split("/");
  const onProject = { kind: "project", project } as const;
  const onRepository = { kind: "repository", ...repository } as const;
  const creates = createRepository !== undefined && createRepository !== false;
  return [
    { who: "caller", role: "roles/cloudbuild.builds.editor", on: onProject, why: "start, follow and cancel builds" },
    {
      who: "caller",
      role: "roles/serviceusage.serviceUsageConsumer",
      on: onProject,
      why: "call the APIs on the project's account",
    },
    { who: "caller", role: "roles/storage.objectUser", on: { kind: "bucket", bucket }, why: "upload build contexts" },
    ...(options.bucket === undefined
      ? [
          {
            who: "caller",
            role: "roles/storage.bucketViewer",
            on: onProject,
            why: "make sure that the bucket is the project's own",
          } as const,
        ]
      : []),
    ...(logging === "gcs" && logsBucket !== bucket
      ? [
          {
            who: "caller",
            role: "roles/storage.objectViewer",
            on: { kind: "bucket", bucket: logsBucket },
            why: "read build logs",
          } as const,
        ]
      : []),
    ...(serviceAccount === undefined
      ? []
      : [
          {
            who: "caller",
            role: "roles/iam.serviceAccountUser",
            on: { kind: "service-account", email: serviceAccount },
            why: "have builds run as that account",
          } as const,
        ]),
    {
      who: "caller",
      role: creates ? "roles/artifactregistry.admin" : "roles/artifactregistry.writer",
      on: creates ? { kind: "project", project: repository.project } : onRepository,
      why: creates ? "create repositories, look images up and tag them" : "look images up and tag them",
    },
    { who: "builder", role: "roles/artifactregistry.writer", on: onRepository, why: "push images" },
    { who: "builder", role: "roles/logging.logWriter", on: onProject, why: "write build logs" },
    { who: "builder", role: "roles/storage.objectViewer", on: { kind: "bucket", bucket }, why: "fetch build contexts" },
    ...(logging === "gcs"
      ? [
          {
            who: "builder",
            role: "roles/storage.objectUser",
            on: { kind: "bucket", bucket: logsBucket },
            why: "write build logs that can be followed",
          } as const,
        ]
      : []),
    ...secretsOf(options),
  ];
}

function secretsOf({ secrets = {} }: GoogleCloudBuildOptions): readonly Binding[] {
  const names = new Map<string, Binding>();
  for (const version of Object.values(secrets)) {
    const [, project, secret] = /^projects\/([^/]+)\/.*?secrets\/([^/]+)\//.exec(version) ?? [];
    if (project === undefined || secret === undefined) continue;
    const on = { kind: "secret", project, secret } as const;
    names.set(`${project}/${secret}`, {
      who: "builder",
      role: "roles/secretmanager.secretAccessor",
      on,
      why: "read the secret in build steps",
    });
  }
  return [...names.values()];
}
