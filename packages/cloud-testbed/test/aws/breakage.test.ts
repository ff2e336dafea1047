import { requireStack } from "@imagespec/test-support";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FakeAws, FakeAwsOptions } from "../../src/index.ts";
import { type Account, connect, contextOf, openAccount } from "./account.ts";
import { codebuild, ecr, secretsmanager, sts } from "./clients-adapter.ts";

// Checks that fail when a part of the test-bed lies: each part is replaced by one that does, and the check must notice.

type Module = Record<string, unknown>;
interface Breakage {
  readonly lie: string;
  /** The module that the lie is in, from here. */
  readonly module: string;
  readonly replace: (honest: Module) => Module;
  /** Passes on an honest account. */
  readonly check: (account: Account) => Promise<void>;
}

/** A part whose result differs by some of its members. */
const changed =
  (honest: unknown, change: (part: Module) => Module) =>
  (...args: unknown[]) => {
    // Every part that is changed here is what a function gives.
    const part = (honest as (...given: unknown[]) => Module)(...args);
    return new Proxy(part, {
      get: (target, name) => (name in change(part) ? change(part)[String(name)] : Reflect.get(target, name)),
    });
  };
const command = (...commands: string[]) => ({ phases: { build: { commands } } });
const gibberish = "version: 0.2\nphases: {compile: {commands: [true]}}";

async function askRegistry({ ecr: client, fake }: Account, path: string, init: RequestInit = {}): Promise<number> {
  const { authorizationData } = await client.send(new ecr.GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
  if (path === "expired") {
    fake.expireTokens();
    return (await fetch(`http://${fake.registry}/v2/`, { headers: { authorization } })).status;
  }
  return (await fetch(`http://${fake.registry}/v2/${path}`, { ...init, headers: { ...init.headers, authorization } }))
    .status;
}

async function createRepository({ ecr: client }: Account, repositoryName: string, immutable = false): Promise<void> {
  const imageTagMutability = immutable ? "IMMUTABLE" : "MUTABLE";
  await client.send(new ecr.CreateRepositoryCommand({ repositoryName, imageTagMutability }));
}

const breakages: readonly Breakage[] = [
  {
    lie: "passwords never expire",
    module: "../../src/aws/ecr/authorization-tokens.ts",
    replace: ({ createAuthorizationTokens }) => ({
      createAuthorizationTokens: changed(createAuthorizationTokens, () => ({ expire: () => {} })),
    }),
    check: async (account) => {
      expect(await askRegistry(account, "expired")).toBe(403);
    },
  },
  {
    lie: "every tag moves",
    module: "../../src/aws/ecr/repositories.ts",
    replace: () => ({ isImmutable: () => false }),
    async check(account) {
      await createRepository(account, "frozen", true);
      await account.fake.takeTag("frozen", "v1");
      const config = {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: `sha256:${"0".repeat(64)}`,
        size: 2,
      };
      const type = "application/vnd.oci.image.manifest.v1+json";
      const body = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [] });
      const put = { method: "PUT", body, headers: { "content-type": type } };
      expect(await askRegistry(account, "frozen/manifests/v1", put)).toBe(400);
      const { imageDetails } = await account.ecr.send(new ecr.DescribeImagesCommand({ repositoryName: "frozen" }));
      expect(imageDetails).toHaveLength(1);
      const image = { repositoryName: "frozen", imageTag: "v1", imageManifest: body };
      await expect(account.ecr.send(new ecr.PutImageCommand(image))).rejects.toMatchObject({
        name: "ImageTagAlreadyExistsException",
      });
    },
  },
  {
    lie: "a repository is there when somebody pushes to it",
    module: "../../src/aws/ecr/registry-rules.ts",
    replace: ({ ecrRules }) => ({ ecrRules: changed(ecrRules, () => ({ admit: async () => undefined })) }),
    check: async (account) => {
      expect(await askRegistry(account, "ghost/blobs/uploads/", { method: "POST" })).toBe(404);
    },
  },
  {
    lie: "nothing is hidden in the log",
    module: "../../src/aws/codebuild/build-log.ts",
    replace: ({ createBuildLog }) => ({ createBuildLog: changed(createBuildLog, () => ({ mask: () => {} })) }),
    async check(account) {
      const secret = { Name: "breakage", SecretString: "v4lue-that-is-secret" };
      await account.secretsmanager.send(new secretsmanager.CreateSecretCommand(secret));
      const done = await account.run(command('echo "$S"'), {
        environmentVariablesOverride: [{ name: "S", value: "breakage", type: "SECRETS_MANAGER" }],
      });
      expect(await account.readLog(done)).not.toContain("v4lue");
    },
  },
  {
    lie: "overrides are ignored",
    module: "../../src/aws/codebuild/plan-build.ts",
    replace: ({ planBuild }) => ({
      planBuild: (project: unknown) => (planBuild as (...args: unknown[]) => unknown)(project, {}),
    }),
    check: async (account) => {
      expect((await account.start(command("true"), { imageOverride: "other" })).environment?.image).toBe("other");
    },
  },
  {
    lie: "commands are not run",
    module: "../../src/shared/process-tree.ts",
    replace: () => ({ runTree: async () => ({ exitCode: 0, signal: undefined }) }),
    check: async (account) => {
      expect((await account.run(command("false"))).buildStatus).toBe("FAILED");
    },
  },
  {
    lie: "every source is there",
    module: "../../src/aws/codebuild/build-source.ts",
    replace: (honest) => ({ ...honest, downloadSource: async () => {} }),
    async check(account) {
      const source = { sourceTypeOverride: "S3", sourceLocationOverride: `${account.fake.bucket}/none` } as const;
      expect(contextOf(await account.run(command("true"), source))?.statusCode).toBe("CLIENT_ERROR");
    },
  },
  {
    lie: "every buildspec is one",
    module: "../../src/aws/codebuild/buildspec.ts",
    replace: ({ parseBuildspec }) => ({
      parseBuildspec: () =>
        (parseBuildspec as (text: string) => unknown)("version: 0.2\nphases: {build: {commands: [true]}}"),
    }),
    check: async (account) => {
      expect(contextOf(await account.run(gibberish))?.statusCode).toBe("YAML_FILE_ERROR");
    },
  },
  {
    lie: "nothing is exported",
    module: "../../src/aws/codebuild/export-variables.ts",
    replace: () => ({ exportVariables: async () => [] }),
    async check(account) {
      const done = await account.run({ env: { "exported-variables": ["A"] }, ...command("A=b") });
      expect(done.exportedEnvironmentVariables).toEqual([{ name: "A", value: "b" }]);
    },
  },
  {
    lie: "every request is valid",
    module: "../../src/aws/api/service-model.ts",
    replace: () => ({ loadServiceModel: async () => ({ operations: [], problems: () => [] }) }),
    async check(account) {
      const started = account.start(command("true"), { timeoutInMinutesOverride: 1 });
      await expect(started).rejects.toMatchObject({ name: "ValidationException" });
    },
  },
  {
    lie: "nothing goes wrong though it was scripted",
    module: "../../src/shared/fault-queue.ts",
    replace: ({ createFaultQueue }) => ({
      createFaultQueue: changed(createFaultQueue, () => ({ take: () => undefined })),
    }),
    async check(account) {
      account.fake.faults.push({ op: "StopBuild", kind: "error", code: "Scripted", message: "m" });
      const stop = new codebuild.StopBuildCommand({ id: "imagespec:none" });
      await expect(account.codebuild.send(stop)).rejects.toMatchObject({ name: "Scripted" });
    },
  },
  {
    lie: "any number of builds runs at once",
    module: "../../src/aws/codebuild/slots.ts",
    replace: ({ createSlots }) => ({ createSlots: changed(createSlots, () => ({ take: async () => () => {} })) }),
    async check(account) {
      account.fake.limits.running = 0;
      const { id } = await account.start(command("true"), { queuedTimeoutInMinutesOverride: 5 });
      expect((await account.follow(id!)).buildStatus).toBe("TIMED_OUT");
      account.fake.limits.running = 60;
    },
  },
  {
    lie: "everybody may do everything",
    module: "../../src/aws/iam/guard.ts",
    replace: ({ createGuard }) => ({
      createGuard: changed(createGuard, () => ({ check: async () => undefined, denial: async () => undefined })),
    }),
    async check({ fake }) {
      const nobody = connect(fake, await fake.createUser("nobody", [{ Effect: "Deny", Action: "*", Resource: "*" }]));
      await nobody.sts.send(new sts.GetCallerIdentityCommand({}));
      await expect(nobody.start(command("true"))).rejects.toMatchObject({ name: "AccessDeniedException" });
    },
  },
];

const options = { iam: true, minuteMs: 200 };

describe.skipIf(!process.env["IMAGESPEC_WHOLE"])("what holds for the test-bed", () => {
  afterEach(() => {
    vi.resetModules();
  });

  test("holds", async (context) => {
    await using account = await openAccount(await requireStack(context), options);
    for (const { lie, check } of breakages) await expect(check(account), lie).resolves.toBeUndefined();
  });

  test.for(breakages)("does not hold when $lie", async ({ module, replace, check }, context) => {
    const stack = await requireStack(context);
    vi.resetModules();
    vi.doMock(module, async (importOriginal) => {
      const honest = await importOriginal<Module>();
      return { ...honest, ...replace(honest) };
    });
    try {
      // A fresh copy, that has the lie in it.
      const { startFakeAws } = (await import("../../src/index.ts")) as {
        startFakeAws: (options: FakeAwsOptions) => Promise<FakeAws>;
      };
      await using account = await openAccount(stack, options, startFakeAws);
      await expect(check(account)).rejects.toMatchObject({ name: "AssertionError" });
    } finally {
      vi.doUnmock(module);
    }
  });
});
