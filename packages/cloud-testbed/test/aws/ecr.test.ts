import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type Account, sharedAccount } from "./account.ts";
import { ecr } from "./clients-adapter.ts";

// "UG" is the Amazon ECR User Guide (docs.aws.amazon.com/AmazonECR/latest/userguide), "API" its API Reference.
const open = sharedAccount();
const imageType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

async function create(
  account: Account,
  repositoryName: string,
  settings: Partial<ecr.CreateRepositoryCommandInput> = {},
) {
  const { repository } = await account.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName, ...settings }));
  return repository!;
}

/** The registry as a client with a password sees it. */
async function login(account: Account) {
  const { authorizationData } = await account.ecr.send(new ecr.GetAuthorizationTokenCommand({}));
  const { authorizationToken, proxyEndpoint, expiresAt } = authorizationData![0]!;
  const ask = (path: string, init: RequestInit = {}, authorization = `Basic ${authorizationToken}`) =>
    fetch(`${proxyEndpoint}/v2/${path}`, {
      ...init,
      headers: { accept: `${imageType}, ${indexType}`, ...init.headers, authorization },
    });
  const put = (path: string, body: string, type = imageType) =>
    ask(path, { method: "PUT", body, headers: { "content-type": type } });
  const code = async (response: Response) =>
    `${response.status} ${((await response.json()) as { errors: [{ code: string }] }).errors[0].code}`;
  return { ask, put, code, expiresAt: expiresAt!, proxyEndpoint };
}

test("has passwords that hold for twelve hours, and lets nobody else in", async (context) => {
  const account = await open(context);
  const { ask, code, expiresAt, proxyEndpoint } = await login(account);
  // UG registry_auth: the token is valid for 12 hours.
  expect(Math.round((expiresAt.getTime() - Date.now()) / 60_000)).toBe(720);
  expect(proxyEndpoint).toBe(`http://${account.fake.registry}`);
  expect((await ask("")).status).toBe(200);
  const anonymous = await fetch(`${proxyEndpoint}/v2/`);
  expect(anonymous.status).toBe(401);
  expect(anonymous.headers.get("www-authenticate")).toMatch(/^Basic realm=.*service="ecr.amazonaws.com"$/);
  expect(await code(await ask("", {}, `Basic ${btoa("AWS:wrong")}`))).toBe("401 UNAUTHORIZED");
  account.fake.expireTokens();
  // UG common-errors-docker: "Your authorization token has expired. Reauthenticate and try again."
  expect(await code(await ask(""))).toBe("403 DENIED");
});

// UG repository-create: nothing creates a repository by pushing to it (unless by a creation template, which is not played).
test("knows the repositories that were created, and no others", async (context) => {
  const account = await open(context);
  const { ask, put, code } = await login(account);
  expect(await code(await ask("ghost/manifests/v1"))).toBe("404 NAME_UNKNOWN");
  expect(await code(await ask("ghost/blobs/uploads/", { method: "POST" }))).toBe("404 NAME_UNKNOWN");
  expect(await code(await put("ghost/manifests/v1", "{}"))).toBe("404 NAME_UNKNOWN");
  const describe = (name: string) => account.ecr.send(new ecr.DescribeRepositoriesCommand({ repositoryNames: [name] }));
  await expect(describe("ghost")).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  const made = await create(account, "team/made", { tags: [{ Key: "owner", Value: "team" }] });
  expect(made).toMatchObject({
    repositoryUri: `${account.fake.registry}/team/made`,
    repositoryArn: `arn:aws:ecr:eu-west-1:123456789012:repository/team/made`,
    imageTagMutability: "MUTABLE",
  });
  await expect(create(account, "team/made")).rejects.toMatchObject({ name: "RepositoryAlreadyExistsException" });
  expect((await describe("team/made")).repositories).toMatchObject([{ repositoryName: "team/made" }]);
  expect(await code(await ask("team/made/manifests/v1"))).toBe("404 MANIFEST_UNKNOWN");
  const { tags } = await account.ecr.send(new ecr.ListTagsForResourceCommand({ resourceArn: made.repositoryArn }));
  expect(tags).toEqual([{ Key: "owner", Value: "team" }]);
});

// API CreateRepository: length 2 to 256 and pattern of names; filters belong to the settings WITH_EXCLUSION.
test.for<[ecr.CreateRepositoryCommandInput, RegExp]>([
  [{ repositoryName: "A" }, /repositoryName/],
  [{ repositoryName: "Upper" }, /repositoryName/],
  [{ repositoryName: "ok", imageTagMutability: "FROZEN" as never }, /imageTagMutability/],
  [{ repositoryName: "ok", imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" }, /ExclusionFilters/],
  [
    { repositoryName: "ok", imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "a*" }] },
    /ExclusionFilters/,
  ],
  [
    {
      repositoryName: "ok",
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "a b" }],
    },
    /filter/,
  ],
])("refuses to create %j", async ([input, message], context) => {
  const account = await open(context);
  await expect(account.ecr.send(new ecr.CreateRepositoryCommand(input))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: expect.stringMatching(message),
  });
});

// UG image-tag-mutability and image-tag-mutability-exclusion.
test.for([
  ["MUTABLE", { v1: true, "cache-1": true }],
  ["IMMUTABLE", { v1: false, "cache-1": false }],
  ["IMMUTABLE_WITH_EXCLUSION", { v1: false, "cache-1": true }],
  ["MUTABLE_WITH_EXCLUSION", { v1: true, "cache-1": false }],
] as const)("moves tags of a %s repository as it says", async ([mutability, moves], context) => {
  const account = await open(context);
  const { fake } = account;
  const name = mutability.toLowerCase();
  const filters = mutability.endsWith("EXCLUSION")
    ? [{ filterType: "WILDCARD" as const, filter: "cache*" }]
    : undefined;
  await create(account, name, { imageTagMutability: mutability, imageTagMutabilityExclusionFilters: filters });
  const { ask, put, code } = await login(account);
  for (const [tag, movable] of Object.entries(moves)) {
    const digest = await fake.takeTag(name, tag);
    const there = await (await ask(`${name}/manifests/${tag}`)).text();
    // The same content again is no change.
    expect((await put(`${name}/manifests/${tag}`, there)).status).toBe(201);
    const moved = await put(`${name}/manifests/${tag}`, `${there}\n`);
    if (movable) expect(moved.status).toBe(201);
    else {
      expect(await code(moved)).toBe("400 TAG_INVALID");
      // API PutImage.
      const again = account.ecr.send(
        new ecr.PutImageCommand({
          repositoryName: name,
          imageTag: tag,
          imageManifest: `${there}\n`,
          imageManifestMediaType: imageType,
        }),
      );
      await expect(again).rejects.toMatchObject({ name: "ImageTagAlreadyExistsException" });
    }
    const { headers } = await ask(`${name}/manifests/${tag}`, { method: "HEAD" });
    expect(headers.get("docker-content-digest") === digest).toBe(!movable);
  }
});

// API PutImageTagMutability, PutLifecyclePolicy; UG LifecyclePolicies.
test("changes settings, and takes only lifecycle policies that are some", async (context) => {
  const account = await open(context);
  await create(account, "settings");
  const settings = { repositoryName: "settings" };
  await account.ecr.send(new ecr.PutImageTagMutabilityCommand({ ...settings, imageTagMutability: "IMMUTABLE" }));
  const { repositories } = await account.ecr.send(new ecr.DescribeRepositoriesCommand({}));
  expect(repositories).toContainEqual(expect.objectContaining({ ...settings, imageTagMutability: "IMMUTABLE" }));
  const policy = (change: object) =>
    JSON.stringify({
      rules: [
        {
          rulePriority: 1,
          description: "what a moved tag leaves behind",
          selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 },
          action: { type: "expire" },
          ...change,
        },
      ],
    });
  const send = (lifecyclePolicyText: string) =>
    account.ecr.send(new ecr.PutLifecyclePolicyCommand({ ...settings, lifecyclePolicyText }));
  const get = () => account.ecr.send(new ecr.GetLifecyclePolicyCommand(settings));
  await expect(get()).rejects.toMatchObject({ name: "LifecyclePolicyNotFoundException" });
  await send(policy({}));
  expect((await get()).lifecyclePolicyText).toBe(policy({}));
  for (const wrong of [
    policy({ action: undefined }),
    policy({ selection: { tagStatus: "old" } }),
    "x".repeat(120),
    "{}",
  ]) {
    await expect(send(wrong)).rejects.toMatchObject({ name: "InvalidParameterException" });
  }
});

// API DescribeImages, BatchGetImage, PutImage, BatchDeleteImage.
test("says of images what the registry has", async (context) => {
  const account = await open(context);
  const { fake } = account;
  await create(account, "images");
  const { ask } = await login(account);
  const old = await fake.takeTag("images", "v1");
  const digest = await fake.takeTag("images", "v1");
  const text = await (await ask("images/manifests/v1")).text();
  const repositoryName = "images";
  const describe = (input: Partial<ecr.DescribeImagesCommandInput> = {}) =>
    account.ecr.send(new ecr.DescribeImagesCommand({ repositoryName, ...input }));

  expect((await describe({ imageIds: [{ imageTag: "v1" }] })).imageDetails).toMatchObject([
    { imageDigest: digest, imageTags: ["v1"], imageStatus: "ACTIVE", imageManifestMediaType: imageType },
  ]);
  expect((await describe()).imageDetails?.map(({ imageDigest, imageTags }) => [imageDigest, imageTags])).toEqual([
    [old, undefined],
    [digest, ["v1"]],
  ]);
  expect((await describe({ filter: { tagStatus: "UNTAGGED" } })).imageDetails).toMatchObject([{ imageDigest: old }]);
  await expect(describe({ imageIds: [{ imageTag: "none" }] })).rejects.toMatchObject({
    name: "ImageNotFoundException",
  });

  const { images, failures } = await account.ecr.send(
    new ecr.BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "none" }, { imageDigest: digest }] }),
  );
  expect(failures).toMatchObject([{ failureCode: "ImageNotFound", imageId: { imageTag: "none" } }]);
  expect(images).toMatchObject([{ imageManifest: text, imageId: { imageDigest: digest } }]);

  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ mediaType: imageType, digest, size: text.length, platform: { os: "linux", architecture: "amd64" } }],
  });
  const put = () =>
    account.ecr.send(new ecr.PutImageCommand({ repositoryName, imageTag: "all", imageManifest: index }));
  const { image } = await put();
  expect((await ask("images/manifests/all", { method: "HEAD" })).headers.get("docker-content-digest")).toBe(
    image?.imageId?.imageDigest,
  );
  await expect(put()).rejects.toMatchObject({ name: "ImageAlreadyExistsException" });
  const dangling = index.replace(digest, `sha256:${"0".repeat(64)}`);
  await expect(
    account.ecr.send(new ecr.PutImageCommand({ repositoryName, imageTag: "bad", imageManifest: dangling })),
  ).rejects.toMatchObject({ name: expect.stringMatching(/NotFoundException$/) });

  await account.ecr.send(new ecr.BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: old }] }));
  expect((await ask(`images/manifests/${old}`)).status).toBe(404);
});

// UG archive-image: an archived image cannot be pulled (404) and can be described; pushing it again makes it active.
// API DescribeImagesFilter: without imageStatus only active images are listed.
test("archives images and brings them back", async (context) => {
  const account = await open(context);
  const { fake } = account;
  const repositoryName = "archive";
  await create(account, repositoryName);
  const { ask, put } = await login(account);
  const imageDigest = await fake.takeTag(repositoryName, "v1");
  const text = await (await ask("archive/manifests/v1")).text();
  await account.ecr.send(
    new ecr.UpdateImageStorageClassCommand({ repositoryName, imageId: { imageDigest }, targetStorageClass: "ARCHIVE" }),
  );
  const describe = (input: Partial<ecr.DescribeImagesCommandInput> = {}) =>
    account.ecr.send(new ecr.DescribeImagesCommand({ repositoryName, ...input }));
  expect((await ask("archive/manifests/v1")).status).toBe(404);
  expect((await ask("archive/manifests/v1", { method: "HEAD" })).status).toBe(404);
  expect((await describe({ imageIds: [{ imageTag: "v1" }] })).imageDetails).toMatchObject([
    { imageStatus: "ARCHIVED" },
  ]);
  expect((await describe()).imageDetails).toEqual([]);
  expect((await describe({ filter: { imageStatus: "ANY" } })).imageDetails).toHaveLength(1);
  const { images, failures } = await account.ecr.send(
    new ecr.BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }),
  );
  expect([images?.length, failures?.length]).toEqual([0, 1]);
  expect((await put("archive/manifests/v1", text)).status).toBe(201);
  expect((await ask("archive/manifests/v1")).status).toBe(200);
  expect((await describe()).imageDetails).toMatchObject([{ imageStatus: "ACTIVE" }]);
});

// aws.amazon.com/blogs/containers "Announcing remote cache support in Amazon ECR for BuildKit clients": a cache has to be
// written with image-manifest=true,oci-mediatypes=true, since ECR refuses the index of layers that BuildKit writes otherwise.
test("refuses a cache in the form of an index and takes one in the form of an image", async (context) => {
  const account = await open(context);
  await create(account, "cache");
  const { ask, put, code } = await login(account);
  const upload = async (content: string) => {
    const opened = await ask("cache/blobs/uploads/", { method: "POST" });
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    const location = new URL(opened.headers.get("location")!, `http://${account.fake.registry}`);
    location.searchParams.set("digest", digest);
    const path = `${location.pathname}${location.search}`.slice("/v2/".length);
    expect((await ask(path, { method: "PUT", body: content })).status).toBe(201);
    return { digest, size: content.length };
  };
  const config = { mediaType: "application/vnd.buildkit.cacheconfig.v0", ...(await upload("{}")) };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...(await upload("layer")) };
  const asIndex = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [layer, config] });
  expect(await code(await put("cache/manifests/cache", asIndex, indexType))).toBe("400 MANIFEST_INVALID");
  const asImage = JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [layer] });
  expect((await put("cache/manifests/cache", asImage)).status).toBe(201);
});

// The registry protocol deletes nothing in ECR; API BatchDeleteImage does.
test("does not delete by the registry's protocol", async (context) => {
  const account = await open(context);
  await create(account, "kept");
  const digest = await account.fake.takeTag("kept", "v1");
  const { ask } = await login(account);
  expect((await ask(`kept/manifests/${digest}`, { method: "DELETE" })).status).toBe(405);
  expect((await ask("kept/manifests/v1")).status).toBe(200);
});
