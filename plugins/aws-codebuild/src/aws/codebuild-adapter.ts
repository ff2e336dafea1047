import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  type Build,
  CodeBuildClient,
  type ComputeType,
  CreateProjectCommand,
  type EnvironmentType,
  StartBuildCommand,
  type StartBuildCommandInput,
  StopBuildCommand,
} from "@aws-sdk/client-codebuild";
import { ImageSpecError } from "@imagespec/errors";
import { awsErrorName, callAws } from "./aws-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { CodebuildBuild, CodebuildPort } from "./ports.ts";

/** AWS CodeBuild, with the calls that this plugin uses. */
export function codebuildAdapter(
  settings: ClientSettings,
): CodebuildPort & { region(): Promise<string>; credentials(): Promise<unknown> } {
  const client = new CodeBuildClient(settings);
  const region = (): Promise<string> =>
    callAws({ action: "codebuild:StartBuild" }, async () => await client.config.region());
  const about = async (action: string, resource: string | undefined, signal: AbortSignal | undefined) => ({
    action: `codebuild:${action}`,
    resource,
    region: await region(),
    signal,
  });
  return {
    region,
    credentials: () => callAws({ action: "sts:GetCallerIdentity" }, () => client.config.credentials()),
    async startBuild(input, { signal } = {}) {
      const call = await about("StartBuild", `project/${input.projectName}`, signal);
      // The same fields under the same names; the SDK's lists are not readonly.
      const command = new StartBuildCommand(input as unknown as StartBuildCommandInput);
      const { build } = await callAws(call, () => client.send(command, given(signal)));
      return toBuild(build);
    },
    async batchGetBuilds(ids, { signal } = {}) {
      const call = await about("BatchGetBuilds", undefined, signal);
      const { builds } = await callAws(call, () =>
        client.send(new BatchGetBuildsCommand({ ids: [...ids] }), given(signal)),
      );
      return (builds ?? []).map(toBuild);
    },
    async stopBuild(id, { signal } = {}) {
      await callAws(await about("StopBuild", id, signal), () =>
        client.send(new StopBuildCommand({ id }), given(signal)),
      );
    },
    async getProject(name, { signal } = {}) {
      const call = await about("BatchGetProjects", `project/${name}`, signal);
      const { projects } = await callAws(call, () =>
        client.send(new BatchGetProjectsCommand({ names: [name] }), given(signal)),
      );
      const project = projects?.[0];
      if (project === undefined) return undefined;
      return {
        name,
        serviceRole: project.serviceRole,
        privileged: project.environment?.privilegedMode === true,
        environmentType: project.environment?.type,
        dockerServer: project.environment?.dockerServer !== undefined,
      };
    },
    async createProject(
      { name, serviceRole, image, computeType, environmentType, privileged, vpc, tags },
      { signal } = {},
    ) {
      const command = new CreateProjectCommand({
        name,
        description: "Builds images of imagespec; every build brings its own source and buildspec",
        source: { type: "NO_SOURCE", buildspec: 'version: 0.2\nphases: { build: { commands: ["false"] } }\n' },
        artifacts: { type: "NO_ARTIFACTS" },
        environment: {
          image,
          privilegedMode: privileged,
          // Checked with the options: values of these enums.
          computeType: computeType as ComputeType,
          type: environmentType as EnvironmentType,
        },
        serviceRole,
        ...(vpc === undefined
          ? {}
          : {
              vpcConfig: {
                vpcId: vpc.vpcId,
                subnets: [...vpc.subnets],
                securityGroupIds: [...vpc.securityGroupIds],
              },
            }),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      });
      const call = await about("CreateProject", `project/${name}`, signal);
      try {
        await client.send(command, given(signal));
      } catch (error) {
        if (awsErrorName(error) === "ResourceAlreadyExistsException") return;
        await callAws(call, () => Promise.reject(error));
      }
    },
  };
}

function given(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function toBuild(build: Build | undefined): CodebuildBuild {
  if (build?.id === undefined)
    throw new ImageSpecError("CLOUD_ERROR", "CodeBuild answered without a build", { details: { provider: "aws" } });
  return {
    id: build.id,
    status: build.buildStatus ?? "IN_PROGRESS",
    currentPhase: build.currentPhase,
    phases: (build.phases ?? []).map(({ phaseType, phaseStatus, durationInSeconds, contexts }) => ({
      type: phaseType ?? "",
      status: phaseStatus,
      seconds: durationInSeconds,
      contexts: (contexts ?? []).map(({ statusCode, message }) => ({
        code: statusCode ?? "",
        message: shortened(message ?? ""),
      })),
    })),
    exported: Object.fromEntries(
      (build.exportedEnvironmentVariables ?? []).map(({ name, value }) => [name ?? "", value ?? ""]),
    ),
    log: { group: known(build.logs?.groupName), stream: known(build.logs?.streamName), link: build.logs?.deepLink },
    startedAt: build.startTime?.getTime(),
    endedAt: build.endTime?.getTime(),
  };
}

/** Before a machine is there, CodeBuild says `null` in words. */
function known(name: string | undefined): string | undefined {
  return name === "null" || name === "" ? undefined : name;
}

/** CodeBuild repeats the text of all commands before it says what became of them. */
function shortened(message: string): string {
  return message.replace(/^Error while executing command: [\s\S]*\. Reason: /, "the commands of the build ended with ");
}
