import { describe, expect, test } from "vitest";
import type { EcrPort } from "../aws/ports.ts";
import { classifyAbsence } from "./classify-absence.ts";
import { parseEcrHost } from "./ecr-host.ts";
import { ecrRegistry } from "./ecr-registry.ts";

const host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

test.each([
  [host, "eu-central-1"],
  ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ["123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
  ["123456789012.dkr-ecr.eu-west-3.on.aws", "eu-west-3"],
  ["123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"],
])("%s is ECR", (registry, region) => {
  expect(parseEcrHost(registry)).toEqual({ account: "123456789012", region });
});

test.each([
  "ghcr.io",
  "public.ecr.aws",
  "12345.dkr.ecr.eu-central-1.amazonaws.com",
  `x.${host}`,
  `evil.example/${host}`,
])("%s is not", (registry) => expect(parseEcrHost(registry)).toBeUndefined());

/** An ECR that counts what it is asked. */
function stub(more: Partial<EcrPort> = {}) {
  const asked: string[] = [];
  let count = 0;
  const port: EcrPort = {
    async authorizationToken() {
      asked.push("token");
      const expiresAt = Date.now() + 12 * 3_600_000;
      return { username: "AWS", password: `token-${++count}`, expiresAt, proxyEndpoint: `https://${host}` };
    },
    describeRepository: async () => undefined,
    async createRepository(input) {
      asked.push(`create ${input.name} ${input.mutability} ${input.exclude.join(",")}`);
      return { created: true };
    },
    async putLifecyclePolicy(name, policy) {
      asked.push(`lifecycle ${name} ${JSON.parse(policy).rules[0].selection.countNumber}`);
    },
    deleteTag: async () => undefined,
    ...more,
  };
  return { asked, aws: { ecr: async () => port } };
}

describe("logins", () => {
  test("are asked for once, also by several at a time, and anew when they are refused", async () => {
    const { asked, aws } = stub();
    const { credentials } = ecrRegistry({}, aws);
    const [a, b] = await Promise.all([credentials?.({ registry: host }), credentials?.({ registry: host })]);
    expect([a, b]).toEqual([a, { kind: "basic", username: "AWS", password: "token-1" }]);
    expect(await credentials?.({ registry: host, refresh: true })).toMatchObject({ password: "token-2" });
    expect(await credentials?.({ registry: host })).toMatchObject({ password: "token-2" });
    expect(asked).toEqual(["token", "token"]);
  });

  test("are renewed before they expire", async () => {
    const { asked, aws } = stub({
      authorizationToken: async () => {
        asked.push("token");
        return { username: "AWS", password: "soon", expiresAt: Date.now() + 60_000, proxyEndpoint: `https://${host}` };
      },
    });
    const { credentials } = ecrRegistry({}, aws);
    await credentials?.({ registry: host });
    await credentials?.({ registry: host });
    expect(asked).toHaveLength(2);
  });

  test("of another host are not its matter", () => {
    const provider = ecrRegistry({ registries: ["ecr.acme.internal"] }, stub().aws);
    expect([provider.matches("ghcr.io"), provider.matches("ecr.acme.internal")]).toEqual([false, true]);
  });
});

describe("repositories", () => {
  const reference = { registry: host, repository: "acme/train" };

  test("are not made unasked, and the error says how", async () => {
    const { asked, aws } = stub();
    const made = ecrRegistry({}, aws).ensureRepository?.(reference, {});
    await expect(made).rejects.toMatchObject({ code: "REGISTRY_NOT_FOUND", hint: expect.stringContaining("ensure") });
    expect(asked).toEqual([]);
  });

  test("are made with their rules; an immutable one lets builds and caches write", async () => {
    const { asked, aws } = stub();
    await ecrRegistry({ repository: { ensure: true } }, aws).ensureRepository?.(reference, {});
    const ensure = { mutability: "IMMUTABLE", lifecycleDays: 14 } as const;
    await ecrRegistry({ repository: { ensure } }, aws).ensureRepository?.(reference, {});
    expect(asked).toEqual([
      "create acme/train MUTABLE ",
      "create acme/train IMMUTABLE_WITH_EXCLUSION imagespec-*,cache*",
      "lifecycle acme/train 14",
    ]);
  });

  test("that somebody else made meanwhile stay as they are", async () => {
    const { asked, aws } = stub({ createRepository: async () => ({ created: false }) });
    await ecrRegistry({ repository: { ensure: { lifecycleDays: 1 } } }, aws).ensureRepository?.(reference, {});
    expect(asked).toEqual([]);
  });
});

test.each<[number, string, ReturnType<typeof classifyAbsence>]>([
  [404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}', "absent"],
  [404, '{"errors":[{"code":"NAME_UNKNOWN","message":"The repository does not exist"}]}', "absent"],
  [
    404,
    '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"The image is archived"}]}',
    { unknown: "the image is archived: restore it in ECR first (The image is archived)" },
  ],
  [
    403,
    '{"errors":[{"code":"DENIED","message":"User is not authorized"}]}',
    { unknown: "ECR does not let the caller look: User is not authorized" },
  ],
  [400, '{"errors":[{"code":"X","message":"KmsException"}]}', { unknown: "ECR cannot give the image: KmsException" }],
  [500, "", undefined],
])("%s %s", (status, body, expected) => {
  expect(classifyAbsence(status, body)).toEqual(expected);
});
