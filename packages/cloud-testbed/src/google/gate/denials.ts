import { GoogleError } from "../google-error.ts";

/** A right that somebody does not have. */
export interface Denial {
  /** `cloudbuild.builds.create`, `storage.objects.get`, `artifactregistry.repositories.uploadArtifacts` … */
  readonly permission: string;
  /** E-mail address. @default everybody */
  readonly principal?: string;
  /** Part of the resource's name. @default every resource */
  readonly resource?: string;
  /** After so many refusals the right is there, as after a new binding has spread. @default never */
  readonly times?: number;
}

/** Everybody may do everything, but for these. */
export interface Denials {
  deny(denial: Denial): void;
  clear(): void;
  /** @throws GoogleError PERMISSION_DENIED */
  check(permission: string, resource: string, principal: string | undefined): void;
}

export function createDenials(): Denials {
  let denials: { readonly denial: Denial; left: number }[] = [];
  return {
    deny(denial) {
      denials.push({ denial, left: denial.times ?? Number.POSITIVE_INFINITY });
    },
    clear() {
      denials = [];
    },
    check(permission, resource, principal) {
      const hit = denials.find(
        ({ denial, left }) =>
          left > 0 &&
          denial.permission === permission &&
          (denial.principal === undefined || principal === undefined || denial.principal === principal) &&
          (denial.resource === undefined || resource.includes(denial.resource)),
      );
      if (hit === undefined) return;
      hit.left -= 1;
      throw refusal(permission, resource, principal);
    },
  };
}

// Texts as the services word them; Cloud Build alone says neither what is missing nor on what.
function refusal(permission: string, resource: string, principal: string | undefined): GoogleError {
  const [service = ""] = permission.split(".");
  const info = {
    reason: "IAM_PERMISSION_DENIED",
    domain: "iam.googleapis.com",
    metadata: { permission, resource },
  };
  if (service === "cloudbuild") return new GoogleError("PERMISSION_DENIED", "The caller does not have permission");
  if (service === "iam") {
    return new GoogleError(
      "PERMISSION_DENIED",
      `caller does not have permission to act as service account ${resource.split("/").pop()}`,
    );
  }
  if (service === "storage") {
    const kind = permission.startsWith("storage.buckets") ? "bucket" : "object";
    return new GoogleError(
      "PERMISSION_DENIED",
      `${principal ?? "Anonymous caller"} does not have ${permission} access to the Google Cloud Storage ${kind}. Permission '${permission}' denied on resource (or it may not exist).`,
    );
  }
  return new GoogleError(
    "PERMISSION_DENIED",
    `Permission '${permission}' denied on resource '//${service}.googleapis.com/${resource}' (or it may not exist).`,
    info,
  );
}
