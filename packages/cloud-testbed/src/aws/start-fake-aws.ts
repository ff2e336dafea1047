import type { IncomingMessage, ServerResponse } from "node:http";
import { temporaryFolder } from "@imagespec/test-support";
import { createCleanup } from "../shared/cleanup.ts";
import { removeImages } from "../shared/docker-command.ts";
import { createFaultQueue } from "../shared/fault-queue.ts";
import { startRegistryFront } from "../shared/registry-front.ts";
import { startRegistryProcess } from "../shared/registry-process.ts";
import { createRegistryReader } from "../shared/registry-reader.ts";
import { createRequestLog } from "../shared/request-log.ts";
import { startApiServer } from "./api/api-server.ts";
import { loadServiceModel } from "./api/service-model.ts";
import { AwsError } from "./aws-error.ts";
import { startBacking } from "./backing/backing.ts";
import { connectServices, type RoleSession } from "./cloud-services-adapter.ts";
import { createCodeBuild } from "./codebuild/codebuild-service.ts";
import { equipMachine } from "./codebuild/equip-machine.ts";
import { createSlots } from "./codebuild/slots.ts";
import type { CodeBuildWorld } from "./codebuild/world.ts";
import { createAuthorizationTokens } from "./ecr/authorization-tokens.ts";
import { createEcrService } from "./ecr/ecr-service.ts";
import { ecrRules } from "./ecr/registry-rules.ts";
import { createRepositories } from "./ecr/repositories.ts";
import type { AwsFault } from "./faults.ts";
import { connectDirectory } from "./iam/directory-adapter.ts";
import { createGuard } from "./iam/guard.ts";
import type { FakeAws, FakeAwsOptions } from "./options.ts";
import { putOtherImage } from "./take-tag.ts";

const hours = 3_600_000;

/**
 * Starts an AWS account of its own on loopback: CodeBuild that runs buildspecs, ECR before a real registry, and S3, STS, CloudWatch
 * Logs, Secrets Manager, Parameter Store and IAM by a server of the Python index.
 *
 * @throws ENGINE_DOWN when one of its parts does not start
 */
export async function startFakeAws(options: FakeAwsOptions): Promise<FakeAws> {
  const { stack, engine, region = "eu-west-1", accountId = "123456789012", iam = false, delays = {} } = options;
  const cleanup = createCleanup();
  try {
    const folder = await temporaryFolder("fake-aws-");
    cleanup.defer(() => folder[Symbol.asyncDispose]());
    const upstream = await startRegistryProcess(folder.path);
    cleanup.defer(upstream.stop);
    const backing = await startBacking({ name: options.backing ?? "ministack", accountId, region, iam });
    cleanup.defer(backing.stop);
    const [codebuildModel, ecrModel] = await Promise.all([
      loadServiceModel(backing.modules, "codebuild"),
      loadServiceModel(backing.modules, "ecr"),
    ]);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const service = connectServices(backing.url, region, credentials);
    cleanup.defer(service.close);

    const directory = iam ? connectDirectory(backing.url, region, accountId, credentials) : undefined;
    cleanup.defer(() => directory?.close());
    const guard = directory && createGuard({ region, accountId, directory, root: credentials.accessKeyId });
    let ahead = 0;
    const now = () => Date.now() + ahead;
    const faults = createFaultQueue<AwsFault>();
    const requests = createRequestLog();
    const registry = createRegistryReader(upstream.url);
    const repositories = createRepositories(accountId);
    const tokens = createAuthorizationTokens(options.tokenLifetimeMs ?? 12 * hours, now);
    const takeTag = async (repository: string, tag: string) => {
      const digest = await putOtherImage(registry, upstream.url, repository, tag);
      repositories.find(repository)?.images.set(digest, { pushedAt: Date.now() / 1000, status: "ACTIVE" });
      return digest;
    };
    const rules = ecrRules({
      accountId,
      repositories,
      tokens,
      registry,
      faults,
      takeTag: async (repository, tag) => void (await takeTag(repository, tag)),
      denial: async (accessKeyId, action, repository) => {
        const resource = `arn:aws:ecr:${region}:${accountId}:repository/${repository}`;
        return guard?.denial(accessKeyId, action, resource);
      },
    });
    const front = await startRegistryFront({ upstream: upstream.url, rules, requests });
    cleanup.defer(front.close);
    cleanup.defer(() => removeImages(stack, front.host, engine));

    const ecr = createEcrService({
      region,
      accountId,
      repositories,
      registry,
      tokens,
      model: ecrModel,
      registryUrl: front.url,
    });
    const guarded = guard === undefined ? {} : { authorize: guard.check, onAnswer: guard.learn };
    const sessions = new Map<string, RoleSession>();
    const inside = await startApiServer({
      backingUrl: backing.url,
      accountId,
      own: { ecr },
      ...guarded,
      special: (request, response) => giveCredentials(sessions, request, response),
    });
    cleanup.defer(inside.close);

    const slots = createSlots(60);
    const assumeRole = async (arn: string, sessionName: string) => {
      if (directory === undefined) return service.assumeRole(arn, sessionName);
      if (!(await directory.trustsCodeBuild(arn)))
        throw new AwsError("AccessDenied", `${arn} does not trust codebuild.amazonaws.com`);
      const session = await directory.whileAssumable(arn, () => service.assumeRole(arn, sessionName));
      const name = arn.split("/").at(-1);
      guard?.know(session.accessKeyId, {
        arn: `arn:aws:sts::${accountId}:assumed-role/${name}/${sessionName}`,
        policies: arn,
      });
      return session;
    };
    const world: CodeBuildWorld = {
      region,
      accountId,
      backingUrl: backing.url,
      assumeRole: (arn, sessionName) => assumeRole(arn, sessionName),
      minuteMs: options.minuteMs ?? 60_000,
      delays: { queuedMs: 30, provisioningMs: 60, finalizingMs: 20, ...delays },
      slots,
      sessions,
      equip: (build, machine) =>
        equipMachine({ stack, engine, buildx: options.buildx ?? true, region, apiUrl: inside.url }, build, machine),
    };
    const limits = {
      accepted: 60,
      get running() {
        return slots.limit;
      },
      set running(limit: number) {
        slots.limit = limit;
      },
    };
    const codebuild = createCodeBuild({
      world,
      model: codebuildModel,
      faults,
      limits,
      now,
      initiator: (accessKeyId) => guard?.nameOf(accessKeyId) ?? `arn:aws:iam::${accountId}:root`,
      ...(directory !== undefined && { trusts: directory.trustsCodeBuild }),
    });
    cleanup.defer(async () => {
      for (const build of codebuild.builds) build.end("STOPPED");
      await codebuild.idle();
    });
    const api = await startApiServer({
      backingUrl: backing.url,
      accountId,
      own: { codebuild, ecr },
      ...guarded,
      faults,
      requests,
    });
    cleanup.defer(api.close);

    const bucket = "imagespec-contexts";
    const project = "imagespec";
    const everything = { Effect: "Allow", Action: "*", Resource: "*" };
    const serviceRole =
      (await directory?.createRole("imagespec-build", [everything])) ??
      `arn:aws:iam::${accountId}:role/imagespec-build`;
    await service.createBucket(bucket, options.versionedBucket ?? false);
    codebuild.projects.create({
      name: project,
      serviceRole,
      source: { type: "NO_SOURCE", buildspec: "version: 0.2\nphases: {build: {commands: [echo nothing to build]}}\n" },
      artifacts: { type: "NO_ARTIFACTS" },
      environment: {
        type: "LINUX_CONTAINER",
        image: "aws/codebuild/standard:7.0",
        computeType: "BUILD_GENERAL1_SMALL",
        privilegedMode: true,
      },
    });
    const { url } = api;
    return {
      endpoints: { codebuild: url, ecr: url, s3: url, logs: url, sts: url, secretsmanager: url, ssm: url, iam: url },
      region,
      accountId,
      registry: front.host,
      credentials,
      project,
      serviceRole,
      bucket,
      faults,
      requests: requests.entries,
      limits,
      get builds() {
        return codebuild.builds.map(({ view }) => view);
      },
      buildLog: (id) => codebuild.builds.find(({ view }) => view.id === id)?.log.text ?? "",
      idle: codebuild.idle,
      expireTokens: () => tokens.expire(),
      advance: (ms) => {
        ahead += ms;
      },
      takeTag,
      async createUser(name, statements) {
        if (directory === undefined || guard === undefined)
          throw new TypeError("users need startFakeAws({ iam: true })");
        const created = await directory.createUser(name, statements);
        const arn = `arn:aws:iam::${accountId}:user/${name}`;
        guard.know(created.accessKeyId, { arn, policies: arn });
        return created;
      },
      async createRole(name, statements) {
        if (directory === undefined) throw new TypeError("roles need startFakeAws({ iam: true })");
        return directory.createRole(name, statements);
      },
      [Symbol.asyncDispose]: cleanup.run,
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** The container credentials endpoint: `/credentials/<build>`. */
function giveCredentials(
  sessions: ReadonlyMap<string, RoleSession>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const uuid = /^\/credentials\/([\w-]+)$/.exec(request.url ?? "")?.[1];
  if (uuid === undefined) return false;
  const session = sessions.get(uuid);
  response.writeHead(session === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(
    JSON.stringify(
      session && {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        Token: session.sessionToken,
        Expiration: session.expiration.toISOString(),
      },
    ) ?? "{}",
  );
  return true;
}
