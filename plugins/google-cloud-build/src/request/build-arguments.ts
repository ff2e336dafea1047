import type { StepMessage } from "../client/build-message.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import type { BuildWork } from "./build-work.ts";

/** What `docker build` and `docker buildx build` are both told. */
export function commonArguments(
  { platform, buildArgs, secretFiles, secretVersions, contextFolder, noCache }: BuildWork,
  { network }: Pick<GoogleCloudBuildOptions, "network">,
): readonly string[] {
  return [
    ...["--progress", "plain", "--platform", platform, "--file", `${contextFolder}/Dockerfile`],
    // Files that COPY writes, and the image itself, get this time.
    ...Object.entries({ SOURCE_DATE_EPOCH: "0", ...buildArgs }).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]),
    ...secretFiles.flatMap(({ id, path }) => ["--secret", `id=${id},src=${path}`]),
    ...secretVersions.flatMap(({ id }, index) => ["--secret", `id=${id},env=${secretVariable(index)}`]),
    ...(network === undefined ? [] : ["--network", network]),
    ...(noCache ? ["--no-cache"] : []),
  ];
}

/** The variables by which a step gets its secrets; nothing where it has none. */
export function secretEnvironment({ secretVersions }: BuildWork): Pick<StepMessage, "secretEnv"> {
  return secretVersions.length === 0 ? {} : { secretEnv: secretVersions.map((_, index) => secretVariable(index)) };
}

/** Name of the variable with the value of a secret: ids may have characters that variables may not. */
export function secretVariable(index: number): string {
  return `IMAGESPEC_SECRET_${index}`;
}
