import { AwsError } from "../aws-error.ts";
import type { Project } from "./build-view.ts";

/** The projects of an account. */
export interface Projects {
  find(name: string): Project | undefined;
  create(input: ProjectInput): Project;
  update(input: Partial<ProjectInput> & { readonly name: string }): Project;
  remove(name: string): void;
  readonly names: readonly string[];
}

export type ProjectInput = Pick<Project, "name" | "serviceRole" | "source" | "artifacts" | "environment"> &
  Partial<Project>;

/** @param arnOf the ARN of a project by its name */
export function createProjects(arnOf: (name: string) => string): Projects {
  const projects = new Map<string, Project>();
  return {
    find: (name) => projects.get(name),
    create(input) {
      if (projects.has(input.name)) {
        throw new AwsError("ResourceAlreadyExistsException", `Project already exists: ${arnOf(input.name)}`);
      }
      assertConsistent(input);
      const now = Date.now() / 1000;
      const project: Project = {
        ...input,
        arn: arnOf(input.name),
        created: now,
        lastModified: now,
        timeoutInMinutes: input.timeoutInMinutes ?? 60,
        queuedTimeoutInMinutes: input.queuedTimeoutInMinutes ?? 480,
      };
      projects.set(input.name, project);
      return project;
    },
    update(input) {
      const known = projects.get(input.name);
      if (known === undefined) {
        throw new AwsError("ResourceNotFoundException", `Project cannot be found: ${arnOf(input.name)}`);
      }
      const project: Project = { ...known, ...input, lastModified: Date.now() / 1000 };
      assertConsistent(project);
      projects.set(input.name, project);
      return project;
    },
    remove: (name) => void projects.delete(name),
    get names() {
      return [...projects.keys()].sort();
    },
  };
}

/** @throws AwsError InvalidInputException for settings that do not go together */
export function assertConsistent({ source, environment }: Pick<Project, "source" | "environment">): void {
  const { type = "", computeType = "", privilegedMode = false } = environment;
  if (source.type === "NO_SOURCE" && !source.buildspec) {
    throw new AwsError(
      "InvalidInputException",
      "Invalid project source: buildspec must be specified for NO_SOURCE source type",
    );
  }
  if (
    source.type === "S3" &&
    !/^(arn:aws[\w-]*:s3:::)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+/.test(source.location ?? "")
  ) {
    throw new AwsError("InvalidInputException", "Invalid project source: location must be a valid S3 source location");
  }
  const isLambda = type.endsWith("_LAMBDA_CONTAINER");
  if (isLambda !== computeType.startsWith("BUILD_LAMBDA_")) {
    throw new AwsError(
      "InvalidInputException",
      `Compute type ${computeType} is not supported for environment type ${type}`,
    );
  }
  if (isLambda && privilegedMode) {
    throw new AwsError("InvalidInputException", `Privileged mode is not supported for environment type ${type}`);
  }
}
