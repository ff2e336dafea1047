import { parseArgs } from "node:util";
import type { CliCommand, CliContext } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { assertOptions } from "../builder-options.ts";
import { contextOptions } from "../doctor/context-options.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { isArtifactRegistry, parseArtifactRepository } from "../registry/artifact-registry-host.ts";
import { locationOf } from "../request/google-place.ts";
import { bindings } from "./bindings.ts";
import { formatGcloud } from "./format-gcloud.ts";
import { formatTerraform } from "./format-terraform.ts";

const help = `usage: imagespec gcp policy --repository REGISTRY/PROJECT/REPOSITORY [options]

Prints the least rights that the account that runs imagespec, and the one that builds run as, need for the builder
google-cloud-build as it is configured. Nothing is changed, and Google is not asked.

options:
      --repository REFERENCE  where images go: europe-west1-docker.pkg.dev/acme/images
      --project ID            the project that builds, when the configuration does not name it
      --caller MEMBER         who runs imagespec: user:ada@acme.dev, serviceAccount:ci@acme.iam.gserviceaccount.com
      --format FORMAT         gcloud (commands; the default), terraform, json
`;

const formats = ["gcloud", "terraform", "json"];
const placeholder = { caller: "user:CALLER", builder: "PROJECT_NUMBER-compute@developer.gserviceaccount.com" };

/** `imagespec gcp policy` */
export const gcpCommand: CliCommand = {
  name: "gcp",
  summary: "print the rights that builds on Google Cloud need",
  help,
  async run(argv, context) {
    try {
      context.stdout.write(policy(argv, context));
      return 0;
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      context.stderr.write(`error: ${error.message}\n${error.hint === undefined ? "" : `hint: ${error.hint}\n`}`);
      return 2;
    }
  },
};

function policy(argv: readonly string[], context: CliContext): string {
  const { values, verb } = readArguments(argv);
  if (verb !== "policy") throw usage(`there is no "imagespec gcp ${verb}"`, "write imagespec gcp policy");
  const options = contextOptions(context);
  assertOptions(options);
  const repository = repositoryOf(values.repository, options);
  const project = values.project ?? options.project ?? repository.project;
  const format = values.format ?? "gcloud";
  if (!formats.includes(format)) throw usage(`there is no format "${format}"`, `use one of: ${formats.join(", ")}`);
  const list = bindings(options, { project, repository });
  const members = {
    caller: values.caller ?? placeholder.caller,
    builder: `serviceAccount:${options.serviceAccount ?? placeholder.builder}`,
  };
  if (format === "json") {
    const named = list.map(({ who, ...binding }) => ({ member: members[who], ...binding }));
    return `${JSON.stringify(named, undefined, 2)}\n`;
  }
  return format === "terraform" ? formatTerraform(list, members, project) : formatGcloud(list, members, project);
}

function readArguments(argv: readonly string[]): {
  readonly verb: string;
  readonly values: Readonly<Partial<Record<"repository" | "project" | "caller" | "format", string>>>;
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        repository: { type: "string" },
        project: { type: "string" },
        caller: { type: "string" },
        format: { type: "string" },
      },
    });
    return { values, verb: positionals.join(" ") };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage(error.message, "run imagespec gcp --help");
  }
}

function repositoryOf(
  given: string | undefined,
  options: GoogleCloudBuildOptions,
): NonNullable<ReturnType<typeof parseArtifactRepository>> {
  const [registry = "", ...rest] = (given ?? "").split("/");
  // A name for an image: repositories hold several.
  const parsed = parseArtifactRepository(registry, `${rest.join("/")}/image`, locationOf(options));
  if (parsed !== undefined && isArtifactRegistry(registry, options.endpoints?.registries)) return parsed;
  throw usage(
    given === undefined ? "the repository is missing" : `"${given}" is no repository of Artifact Registry`,
    "write --repository europe-west1-docker.pkg.dev/PROJECT/REPOSITORY",
  );
}

function usage(message: string, hint: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", message, { hint });
}
