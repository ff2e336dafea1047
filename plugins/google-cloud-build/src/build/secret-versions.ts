import type { NormalizedSecret } from "@imagespec/core";
import type { DockerfilePlan } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import type { BuildWork } from "../request/build-work.ts";

/**
 * The versions in Secret Manager of the secrets that a Dockerfile mounts: their values are read by the build's account alone.
 *
 * @throws SPEC_VALUE for a name that is none of Secret Manager
 */
export function secretVersions(
  plan: Pick<DockerfilePlan, "secrets">,
  secrets: readonly NormalizedSecret[],
  options: { readonly named: Readonly<Record<string, string>>; readonly project: string },
): BuildWork["secretVersions"] {
  return plan.secrets.flatMap((planned) => {
    if (planned.kind !== "spec") return [];
    const index = secrets.findIndex(({ id }) => id === planned.secret);
    const from = secrets[index]?.from;
    const given = options.named[planned.secret] ?? (from !== undefined && "google" in from ? from.google : undefined);
    if (given === undefined)
      throw new ImageSpecError("INTERNAL", `the secret "${planned.secret}" should have been declined`);
    return [{ id: planned.id, version: versionName(given, options.project, index) }];
  });
}

/** `projects/P/secrets/S/versions/V`; shorter ones are filled up: `S`, `S/versions/3`, `projects/P/secrets/S`. */
function versionName(given: string, project: string, index: number): string {
  const form = /^(?:projects\/([^/]+)\/secrets\/)?([\w-]+)(?:\/versions\/([\w-]+))?$/.exec(given);
  if (form === null) {
    const message = `"${given}" is no secret of Secret Manager`;
    const hint = "write projects/P/secrets/S/versions/V";
    throw new ImageSpecError("SPEC_VALUE", message, {
      hint,
      problems: [{ code: "SPEC_VALUE", path: `secrets[${index}].from`, message, hint }],
      details: { provider: "google" },
    });
  }
  const [, home = project, secret, version = "latest"] = form;
  return `projects/${home}/secrets/${secret}/versions/${version}`;
}
