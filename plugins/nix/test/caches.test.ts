import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { serveFiles } from "@imagespec/test-support";
import { afterAll, beforeAll, expect, test as withNix } from "vitest";
import { findNix } from "./find-nix.ts";
import { type NixBench, openNixBench } from "./nix-bench.ts";

const tools = await findNix();
const test = withNix.skipIf(tools === undefined || process.env["IMAGESPEC_WHOLE"] === undefined);
const timeout = 400_000;

let first: NixBench | undefined;
let keys: { readonly secret: string; readonly public: string };
let digest: string | undefined;
beforeAll(async () => {
  if (tools === undefined || process.env["IMAGESPEC_WHOLE"] === undefined) return;
  const bench = await openNixBench(tools);
  first = bench;
  const secret = path.join(bench.folder, "cache.secret");
  const open = path.join(bench.folder, "cache.public");
  await bench.nix(["nix-store", "--generate-binary-cache-key", "tests-1", secret, open]);
  keys = { secret, public: (await readFile(open, "utf8")).trim() };
  const pushTo = `file://${path.join(bench.folder, "cache")}?compression=none&secret-key=${secret}`;
  const built = await bench.build({ packages: ["pyyaml"] }, { options: { pushTo } });
  digest = built.result.digest;
}, timeout);
afterAll(() => first?.[Symbol.asyncDispose]());

const cacheFolder = (): string => path.join(first?.folder ?? "", "cache");

test("what was built goes to a cache, and another machine takes it from there, signed, and builds nothing", {
  timeout,
}, async () => {
  if (tools === undefined) return;
  const substituters = [`file://${cacheFolder()}`];
  await using other = await openNixBench(tools, {
    substituters,
    trustedPublicKeys: [keys.public],
    maxBuilds: 0,
    maxJobs: 0,
  });
  const { result } = await other.build({ packages: ["pyyaml"] });
  expect(result.digest).toBe(digest);
});

test("a cache is read over HTTP", { timeout }, async () => {
  if (tools === undefined) return;
  await using server = await serveFiles((file) => ({ file: path.join(cacheFolder(), file) }));
  const substituters = [server.url];
  await using other = await openNixBench(tools, {
    substituters,
    trustedPublicKeys: [keys.public],
    maxBuilds: 0,
    maxJobs: 0,
  });
  const { result, events } = await other.build({ packages: ["pyyaml"] });
  expect(result.digest).toBe(digest);
  expect(server.requests.some((file) => file.endsWith(".narinfo"))).toBe(true);
  expect(result.bytes.downloaded).toBeGreaterThan(1_000_000);
  expect(events.some((event) => event.type === "transfer" && event.step === "realise")).toBe(true);
});

test("what no trusted key has signed is not taken", { timeout }, async () => {
  if (tools === undefined) return;
  const substituters = [`file://${cacheFolder()}`];
  const trustedPublicKeys = ["other-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="];
  await using other = await openNixBench(tools, { substituters, trustedPublicKeys, maxJobs: 0 });
  await expect(other.build({ packages: ["pyyaml"] })).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:NIX_SIGNATURE|NIX_NO_BUILDER|BUILD_FAILED)$/),
  });
  const paths = await readdir(`${other.options.store}/nix/store`);
  expect(paths.filter((name) => name.endsWith("-pyyaml-6.0"))).toEqual([]);
});

test("a cache that does not answer costs seconds, and what it would have is counted as built", {
  timeout,
}, async () => {
  if (tools === undefined) return;
  await using other = await openNixBench(tools, { substituters: ["http://127.0.0.1:1"], maxBuilds: 0 });
  await expect(other.build({ packages: ["pyyaml"] })).rejects.toMatchObject({ code: "NIX_WOULD_BUILD" });
});
