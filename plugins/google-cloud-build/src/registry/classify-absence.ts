/**
 * What an answer about a manifest says. Artifact Registry denies what does not exist to those who may not see the repository, and says
 * `DENIED` as well for a project that is not there: both leave open whether the image exists.
 */
export function classifyAbsence({
  status,
  body,
}: {
  readonly status: number;
  readonly body: string;
}): "absent" | { readonly unknown: string } | undefined {
  if (status === 404) {
    // A missing project or location has the same status as a missing image.
    return /MANIFEST_UNKNOWN|NAME_UNKNOWN|Repository .* not found|TAG_UNKNOWN|^\s*$/i.test(body) ? "absent" : undefined;
  }
  if (status !== 403) return undefined;
  if (/has not been used in project|SERVICE_DISABLED|it is disabled/i.test(body))
    return { unknown: "the API artifactregistry.googleapis.com is not enabled for the project" };
  return {
    unknown:
      'the account may not read the repository: it lacks "artifactregistry.repositories.downloadArtifacts" on it',
  };
}
