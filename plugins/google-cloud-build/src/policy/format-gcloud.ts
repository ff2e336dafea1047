import type { Binding } from "./bindings.ts";

/** Members as IAM writes them: `user:…`, `serviceAccount:…`. */
export interface Members {
  readonly caller: string;
  readonly builder: string;
}

/** The APIs that are used. */
export const services: readonly string[] = [
  "cloudbuild.googleapis.com",
  "artifactregistry.googleapis.com",
  "storage.googleapis.com",
  "secretmanager.googleapis.com",
];

/** The bindings as commands of gcloud, ready to be run. */
export function formatGcloud(bindings: readonly Binding[], members: Members, project: string): string {
  const lines = bindings.map(
    (binding) =>
      `# ${binding.why}\n${commandOf(binding)} \\\n  --member=${quoted(members[binding.who])} --role=${binding.role}`,
  );
  return [`gcloud services enable ${services.join(" ")} --project=${quoted(project)}`, ...lines, ""].join("\n");
}

function commandOf({ on }: Binding): string {
  const add = "add-iam-policy-binding";
  switch (on.kind) {
    case "project":
      return `gcloud projects ${add} ${quoted(on.project)} --condition=None`;
    case "bucket":
      return `gcloud storage buckets ${add} ${quoted(`gs://${on.bucket}`)}`;
    case "service-account":
      return `gcloud iam service-accounts ${add} ${quoted(on.email)}`;
    case "repository":
      return `gcloud artifacts repositories ${add} ${quoted(on.repository)} --project=${quoted(on.project)} --location=${quoted(on.location)}`;
    case "secret":
      return `gcloud secrets ${add} ${quoted(on.secret)} --project=${quoted(on.project)}`;
  }
}

/** For a shell; names of resources mostly need nothing. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
