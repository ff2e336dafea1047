import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requireStack, run, type SkippableTest, type Stack, temporaryFolder } from "@imagespec/test-support";
import { afterAll } from "vitest";
import { type FakeAws, type FakeAwsOptions, startFakeAws } from "../../src/index.ts";
import { codebuild, ecr, iam, logs, s3, secretsmanager, ssm, sts } from "./clients-adapter.ts";

type Build = codebuild.Build;

type Overrides = Partial<codebuild.StartBuildCommandInput>;

/** The real clients on a fake account, as one principal. */
export interface Principal {
  readonly codebuild: codebuild.CodeBuildClient;
  readonly ecr: ecr.ECRClient;
  readonly iam: iam.IAMClient;
  readonly logs: logs.CloudWatchLogsClient;
  readonly s3: s3.S3Client;
  readonly secretsmanager: secretsmanager.SecretsManagerClient;
  readonly ssm: ssm.SSMClient;
  readonly sts: sts.STSClient;
  start(spec: object | string, overrides?: Overrides): Promise<Build>;
  /** Polls until the state is final, or as asked for. */
  follow(id: string, until?: (build: Build) => boolean): Promise<Build>;
  run(spec: object | string, overrides?: Overrides): Promise<Build>;
  /** All of a build's log as CloudWatch Logs gives it. */
  readLog(build: Build): Promise<string>;
}

/** A fake account, and the principal that may do everything. */
export interface Account extends Principal, AsyncDisposable {
  readonly fake: FakeAws;
}

export async function openAccount(
  stack: Stack,
  options: Omit<FakeAwsOptions, "stack"> = {},
  start: (options: FakeAwsOptions) => Promise<FakeAws> = startFakeAws,
): Promise<Account> {
  const fake = await start({ stack, ...options });
  const clients = connect(fake, fake.credentials);
  return {
    fake,
    ...clients,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

export function connect(fake: FakeAws, credentials: FakeAws["credentials"]): Principal {
  const settings = { endpoint: fake.endpoints.codebuild, region: fake.region, credentials };
  const codebuildClient = new codebuild.CodeBuildClient(settings);
  const logsClient = new logs.CloudWatchLogsClient(settings);

  async function follow(id: string, until: (build: Build) => boolean = (build) => build.buildComplete === true) {
    for (;;) {
      const { builds } = await codebuildClient.send(new codebuild.BatchGetBuildsCommand({ ids: [id] }));
      const [build] = builds ?? [];
      if (build !== undefined && until(build)) return build;
      await sleep(30);
    }
  }
  async function start(spec: object | string, overrides: Overrides = {}) {
    const { build } = await codebuildClient.send(
      new codebuild.StartBuildCommand({
        projectName: fake.project,
        artifactsOverride: { type: "NO_ARTIFACTS" },
        buildspecOverride: typeof spec === "string" ? spec : JSON.stringify({ version: 0.2, ...spec }),
        ...overrides,
      }),
    );
    return build!;
  }
  return {
    codebuild: codebuildClient,
    ecr: new ecr.ECRClient(settings),
    iam: new iam.IAMClient(settings),
    logs: logsClient,
    s3: new s3.S3Client({ ...settings, forcePathStyle: true }),
    secretsmanager: new secretsmanager.SecretsManagerClient(settings),
    ssm: new ssm.SSMClient(settings),
    sts: new sts.STSClient(settings),
    start,
    follow,
    async run(spec: object | string, overrides: Overrides = {}) {
      return follow((await start(spec, overrides)).id!);
    },
    async readLog(build: Build): Promise<string> {
      let text = "";
      let token: string | undefined;
      for (let same = 0; same < 2; ) {
        const page = await logsClient.send(
          new logs.GetLogEventsCommand({
            logGroupName: build.logs?.groupName,
            logStreamName: build.logs?.streamName,
            startFromHead: true,
            nextToken: token,
          }),
        );
        for (const { message } of page.events ?? []) text += message;
        same = page.nextForwardToken === token ? same + 1 : 0;
        token = page.nextForwardToken;
      }
      return text;
    },
  };
}

/** `BUILD!FAILED` for a phase that did not succeed. */
export function phasesOf(build: Build): string[] {
  return (build.phases ?? []).map(({ phaseType, phaseStatus }) =>
    phaseStatus === undefined || phaseStatus === "SUCCEEDED" ? `${phaseType}` : `${phaseType}!${phaseStatus}`,
  );
}

/** The first context that has a code. */
export function contextOf(build: Build): codebuild.PhaseContext | undefined {
  return (build.phases ?? []).flatMap(({ contexts = [] }) => contexts).find(({ statusCode }) => statusCode !== "");
}

/** Puts a tar.gz of these files into the bucket. @returns what `sourceLocationOverride` wants */
export async function uploadContext(
  account: Account,
  files: Readonly<Record<string, string>>,
  name = "context.tar.gz",
): Promise<{ readonly location: string; readonly version: string | undefined }> {
  await using folder = await temporaryFolder();
  for (const [file, text] of Object.entries(files)) await writeFile(folder.join(file), text);
  const archive = folder.join("..", `${path.basename(folder.path)}.archive`);
  try {
    if (name.endsWith(".zip"))
      await run(["python3", "-m", "zipfile", "-c", archive, ...Object.keys(files)], { cwd: folder.path });
    else await run(["tar", "-czf", archive, "-C", folder.path, "."]);
    const Key = `contexts/${name}`;
    const put = new s3.PutObjectCommand({ Bucket: account.fake.bucket, Key, Body: await readFile(archive) });
    const { VersionId } = await account.s3.send(put);
    return { location: `${account.fake.bucket}/${Key}`, version: VersionId };
  } finally {
    await run(["rm", "-f", archive]);
  }
}

/** One account for the tests of a file, opened by the first that asks. */
export function sharedAccount(
  options: Omit<FakeAwsOptions, "stack"> = {},
): (context: SkippableTest) => Promise<Account> {
  let opened: Promise<Account> | undefined;
  afterAll(async () => {
    await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
  });
  return async (context) => {
    const stack = await requireStack(context);
    opened ??= openAccount(stack, options);
    return opened;
  };
}
