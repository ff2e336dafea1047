import { createHash, randomUUID } from "node:crypto";
import type { FaultQueue } from "../../shared/fault-queue.ts";
import type { ServiceModel } from "../api/service-model.ts";
import { AwsError } from "../aws-error.ts";
import type { AwsFault, BuildFault } from "../faults.ts";
import type { OwnService } from "../own-service.ts";
import { type Build, createBuild } from "./build.ts";
import { planBuild, type StartBuildInput } from "./plan-build.ts";
import { assertConsistent, createProjects, type ProjectInput, type Projects } from "./projects.ts";
import { roleNotAssumable } from "./role-not-assumable.ts";
import { runBuild } from "./run-build.ts";
import type { CodeBuildWorld } from "./world.ts";

export interface CodeBuildOptions {
  readonly world: CodeBuildWorld;
  readonly model: ServiceModel;
  readonly faults: FaultQueue<AwsFault>;
  /** How many builds may run or wait at once; one more is refused. */
  readonly limits: { readonly accepted: number };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** ARN of the principal behind an access key. */
  readonly initiator: (accessKeyId: string) => string;
  /** Whether CodeBuild may assume a role. @default every role */
  readonly trusts?: (role: string) => Promise<boolean>;
}

export interface CodeBuild extends OwnService {
  readonly projects: Projects;
  /** In the order they were accepted. */
  readonly builds: readonly Build[];
  /** Resolves when no build does anything any more. */
  idle(): Promise<void>;
}

/** Minutes for which a token stands for the build that it started. */
const tokenMinutes = 5;
const page = 100;

export function createCodeBuild(options: CodeBuildOptions): CodeBuild {
  const { world, model, faults } = options;
  const arnOf = (kind: string, id: string) => `arn:aws:codebuild:${world.region}:${world.accountId}:${kind}/${id}`;
  const projects = createProjects((name) => arnOf("project", name));
  const builds = new Map<string, Build>();
  const tokens = new Map<string, { readonly at: number; readonly request: string; readonly build: Build }>();
  const running = new Set<Promise<void>>();
  const unknown = new Map<Build, number>();

  const operations: Readonly<Record<string, (input: never, accessKeyId: string) => unknown>> = {
    async CreateProject(input: ProjectInput) {
      await assertTrust(input.serviceRole);
      return { project: projects.create(input) };
    },
    async UpdateProject(input: Partial<ProjectInput> & { readonly name: string }) {
      if (input.serviceRole !== undefined) await assertTrust(input.serviceRole);
      return { project: projects.update(input) };
    },
    DeleteProject({ name }: { readonly name: string }) {
      projects.remove(name);
      return {};
    },
    BatchGetProjects({ names }: { readonly names: readonly string[] }) {
      return {
        projects: names.map((name) => projects.find(name)).filter((project) => project !== undefined),
        projectsNotFound: names.filter((name) => projects.find(name) === undefined),
      };
    },
    ListProjects: () => ({ projects: projects.names }),
    StartBuild: (input: StartBuildInput, accessKeyId) => ({ build: startBuild(input, accessKeyId).view }),
    BatchGetBuilds({ ids }: { readonly ids: readonly string[] }) {
      const found = ids.map((id) => builds.get(id)).filter((build) => build !== undefined);
      return { builds: found.map(show), buildsNotFound: ids.filter((id) => !builds.has(id)) };
    },
    StopBuild({ id }: { readonly id: string }) {
      const build = builds.get(id);
      if (build === undefined) throw new AwsError("ResourceNotFoundException", `Build ${id} does not exist`);
      build.end("STOPPED");
      return { build: show(build) };
    },
    ListBuildsForProject({ projectName, sortOrder = "DESCENDING", nextToken }: ListInput) {
      if (projects.find(projectName) === undefined) throw noProject(projectName);
      const ids = [...builds.values()]
        .filter(({ view }) => view.projectName === projectName)
        .map(({ view }) => view.id);
      if (sortOrder === "DESCENDING") ids.reverse();
      return paged(ids, nextToken);
    },
    ListBuilds({ sortOrder = "DESCENDING", nextToken }: Omit<ListInput, "projectName">) {
      const ids = [...builds.keys()];
      if (sortOrder === "DESCENDING") ids.reverse();
      return paged(ids, nextToken);
    },
    BatchDeleteBuilds({ ids }: { readonly ids: readonly string[] }) {
      for (const id of ids) builds.delete(id);
      return { buildsDeleted: ids.map((id) => arnOf("build", id)), buildsNotDeleted: [] };
    },
  };

  async function assertTrust(role: string): Promise<void> {
    if ((await options.trusts?.(role)) === false) throw new AwsError("InvalidInputException", roleNotAssumable);
  }

  function startBuild(input: StartBuildInput, accessKeyId: string): Build {
    const project = projects.find(input.projectName.split(":project/").at(-1) ?? "");
    if (project === undefined) throw noProject(input.projectName);
    const { idempotencyToken: token, ...rest } = input;
    const request = createHash("sha256").update(JSON.stringify(rest)).digest("hex");
    const earlier = token === undefined ? undefined : tokens.get(token);
    if (earlier !== undefined && options.now() - earlier.at < tokenMinutes * 60_000) {
      if (earlier.request === request) return earlier.build;
      const message = "The request has the same idempotency token as an earlier one and other parameters";
      throw new AwsError("InvalidInputException", message);
    }
    const { logsConfig, ...planned } = planBuild(project, input);
    assertConsistent(planned);
    const waiting = [...builds.values()].filter(({ view }) => !view.buildComplete).length;
    if (waiting >= options.limits.accepted) {
      const message = `Cannot have more than ${options.limits.accepted} builds in queue for the account`;
      throw new AwsError("AccountLimitExceededException", message);
    }
    const uuid = randomUUID();
    const id = `${project.name}:${uuid}`;
    const build = createBuild({
      uuid,
      view: {
        ...planned,
        id,
        arn: arnOf("build", id),
        buildNumber: [...builds.values()].filter(({ view }) => view.projectName === project.name).length + 1,
        initiator: options.initiator(accessKeyId),
      },
      logs: logsConfig.cloudWatchLogs ?? { status: "ENABLED" },
      faults: takeBuildFaults(faults),
    });
    builds.set(id, build);
    if (token !== undefined) tokens.set(token, { at: options.now(), request, build });
    const work = runBuild(build, world)
      .catch((error: unknown) => console.error("test-bed: a build ended by a defect", error))
      .finally(() => running.delete(work));
    running.add(work);
    return build;
  }

  function show(build: Build): unknown {
    const fault = build.fault("unknown-status");
    const shown = unknown.get(build) ?? 0;
    if (fault === undefined || shown >= (fault.answers ?? 1)) return build.view;
    unknown.set(build, shown + 1);
    return { ...build.view, buildStatus: fault.status };
  }

  function noProject(name: string): AwsError {
    return new AwsError("ResourceNotFoundException", `Project cannot be found: ${arnOf("project", name)}`);
  }

  return {
    projects,
    get builds() {
      return [...builds.values()];
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    async call(operation, input, { accessKeyId }) {
      const problems = model.problems(operation, input);
      if (problems.length > 0) {
        const count = `${problems.length} validation error${problems.length === 1 ? "" : "s"} detected`;
        throw new AwsError("ValidationException", `${count}: ${problems.join("; ")}`);
      }
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined)
        throw new AwsError("UnknownOperationException", `the test-bed has no codebuild:${operation}`);
      // The service model has checked names and types.
      return structuredClone(await run(input as never, accessKeyId));
    },
  };
}

interface ListInput {
  readonly projectName: string;
  readonly sortOrder?: "ASCENDING" | "DESCENDING";
  readonly nextToken?: string;
}

function paged(ids: readonly string[], nextToken: string | undefined): unknown {
  const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, "base64").toString());
  const end = start + page;
  return {
    ids: ids.slice(start, end),
    ...(end < ids.length && { nextToken: Buffer.from(String(end)).toString("base64") }),
  };
}

/** One fault of each kind: those that this build has. */
function takeBuildFaults(faults: FaultQueue<AwsFault>): readonly BuildFault[] {
  const kinds = ["phase-ends", "unknown-status", "late-stream", "late-lines", "wrong-digest", "meanwhile"];
  // Every fault of the operation `build` is one of a build.
  const taken = kinds.map((each) => faults.take("build", ({ kind }) => kind === each) as BuildFault | undefined);
  return taken.filter((fault) => fault !== undefined);
}
