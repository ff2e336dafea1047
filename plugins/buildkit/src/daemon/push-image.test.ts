import { ImageSpecError } from "@imagespec/errors";
import { expect, it } from "vitest";
import { engineOperations } from "./create-engine-operations.ts";
import { type EngineImages, EngineRefusal, type RegistryAuth } from "./engine-images.ts";
import type { PushOptions } from "./engine-operations.ts";

const digest = "sha256:24d2ca3fd7383834c0c2c48e31d3b716b819f762b800a974df2f91b92cd45e04";
const { signal } = new AbortController();

/** An Engine that answers a push with these lines. */
function engineWith(lines: readonly object[]) {
  const asked: { repository: string; tag: string | undefined; auth: RegistryAuth }[] = [];
  const images: Pick<EngineImages, "push"> = {
    async push(repository, { tag, auth }) {
      asked.push({ repository, tag, auth });
      return (async function* () {
        const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(""));
        for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
      })();
    },
  };
  // Of the other calls none is made here.
  return { asked, engine: engineOperations("unix:///d", async () => images as EngineImages) };
}

function push(lines: readonly object[], options: Partial<PushOptions> = {}) {
  const { asked, engine } = engineWith(lines);
  return { asked, result: engine.push("127.0.0.1:5000/a/b:1", { credentials: undefined, signal, ...options }) };
}

// Recorded from Engine 20.10 and 28.5.
const done = { status: `1: digest: ${digest} size: 738` };
const aux = { progressDetail: {}, aux: { Tag: "1", Digest: digest, Size: 738 } };

it("finds the digest among the facts, and with the containerd store in the words", async () => {
  expect(await push([done, aux]).result).toBe(digest);
  expect(await push([done]).result).toBe(digest);
  await expect(push([]).result).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
});

it("hands the login on, as docker writes it", async () => {
  const { asked, result } = push([aux], { credentials: { username: "anna", secret: "pw" } });
  await result;
  expect(asked).toEqual([{ repository: "127.0.0.1:5000/a/b", tag: "1", auth: { username: "anna", password: "pw" } }]);
  const token = push([aux], { credentials: { username: "", secret: "t" } });
  await token.result;
  expect(token.asked[0]?.auth).toEqual({ identitytoken: "t" });
});

it("counts attempts, not the seconds that are counted down", async () => {
  const retries: unknown[] = [];
  const items: string[] = [];
  const waiting = (id: string, seconds: number) => ({
    status: `Retrying in ${seconds} second${seconds === 1 ? "" : "s"}`,
    progressDetail: {},
    id,
  });
  const lines = [
    { status: "Pushing", progressDetail: { current: 512, total: 700 }, id: "d224" },
    ...[waiting("d224", 2), waiting("fe0f", 2), waiting("d224", 1), waiting("fe0f", 1), waiting("d224", 5)],
    { status: "Pushed", progressDetail: {}, id: "d224" },
    aux,
  ];
  await push(lines, {
    onRetry: ({ item, attempt, delayMs }) => retries.push([item, attempt, delayMs]),
    onProgress: ({ id, status, current, total }) => items.push(`${id} ${status} ${current}/${total}`),
  }).result;
  expect(retries).toEqual([
    ["d224", 1, 2000],
    ["fe0f", 1, 2000],
    ["d224", 2, 5000],
  ]);
  expect(items).toEqual(["d224 Pushing 512/700", "d224 Pushed 0/undefined"]);
});

it.each([
  ["no basic auth credentials", "REGISTRY_AUTH"],
  ["unauthorized: injected by the fault proxy", "REGISTRY_AUTH"],
  [
    "push access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
    "REGISTRY_AUTH",
  ],
  ["denied: injected by the fault proxy", "REGISTRY_DENIED"],
  ["toomanyrequests: injected by the fault proxy", "REGISTRY_RATE_LIMITED"],
  ["received unexpected HTTP status: 500 Internal Server Error", "REGISTRY_ERROR"],
  ["error from registry: injected by the fault proxy", "REGISTRY_ERROR"],
  ["write tcp 127.0.0.1:40808->127.0.0.1:45361: use of closed network connection", "REGISTRY_DOWN"],
  [`failed commit on ref "manifest-${digest}": got digest sha256:62, expected ${digest}`, "DIGEST_MISMATCH"],
])("a push fails although its status is 200: %s", async (error, code) => {
  const failed = push([
    { status: "Preparing", id: "a" },
    { errorDetail: { message: error }, error },
  ]).result;
  await expect(failed).rejects.toMatchObject({ code, details: { registry: "127.0.0.1:5000" } });
});

it("asks for the reason that the Engine does not tell", async () => {
  const denied = new ImageSpecError("REGISTRY_DENIED", "no right");
  const lines = [{ error: "error from registry: no" }];
  await expect(push(lines, { confirm: () => Promise.reject(denied) }).result).rejects.toBe(denied);
  await expect(push(lines, { confirm: async () => undefined }).result).rejects.toMatchObject({
    code: "REGISTRY_ERROR",
  });
});

it("explains an Engine's refusals", async () => {
  const refuse = (status: number) =>
    engineOperations("unix:///d", async () => {
      const refused = () => Promise.reject(new EngineRefusal(status, "No such image: x"));
      // Of the other calls none is made here.
      return { imageId: refused, remove: refused, tag: refused } as Partial<EngineImages> as EngineImages;
    });
  expect(await refuse(404).inspect("x")).toBeUndefined();
  await refuse(404).remove("x");
  await expect(refuse(404).tag("x", { repository: "y", tag: "1" })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  await expect(refuse(500).remove("x")).rejects.toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    message: 'the engine at "unix:///d", asked to remove "x", answered 500: No such image: x',
  });
});
