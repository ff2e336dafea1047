import { copyImage } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { describe, expect, test } from "vitest";
import type { FaultRule } from "../src/index.ts";
import { expectHit, expectWhole, type FaultBench, failureOf, openBench, seed } from "./fault-bench.ts";

const always = "always";

/** Copies from one repository to another of the same registry, both through the proxy. */
async function copy(bench: FaultBench) {
  return copyImage(bench.repository("acme/base"), { tag: "v1" }, bench.repository(), { tag: "v1" });
}

async function withSource(rules: readonly FaultRule[], run: (bench: FaultBench) => Promise<void>): Promise<void> {
  await using registry = await startRegistryServer();
  await using bench = await openBench(registry.address);
  await seed(bench, "acme/base");
  bench.proxy.add(...rules);
  await run(bench);
  expectHit(bench, rules);
}

describe("mounts", () => {
  const mount = { method: "POST", path: "mount=" };

  test("that are refused become uploads", async () => {
    await withSource([{ times: always, fault: { kind: "refuse-mount" } }], async (bench) => {
      expect(await copy(bench)).toMatchObject({ blobsSent: 4, blobsReused: 0 });
      await expectWhole(bench);
    });
  });

  test.each([400, 403, 404, 405])("that are answered by %i become uploads", async (status) => {
    await withSource([{ match: mount, times: always, fault: { kind: "status", status } }], async (bench) => {
      expect(await copy(bench)).toMatchObject({ blobsSent: 4 });
      await expectWhole(bench);
    });
  });

  test("that are confirmed and never happen are made good by uploads", async () => {
    await withSource([{ times: always, fault: { kind: "forget-mount" } }], async (bench) => {
      expect(await copy(bench)).toMatchObject({ blobsSent: 4, blobsReused: 0 });
      await expectWhole(bench);
    });
  });

  test("of which one is lost are made good by the one", async () => {
    await withSource([{ fault: { kind: "forget-mount" } }], async (bench) => {
      expect((await copy(bench)).blobsSent).toBeGreaterThanOrEqual(1);
      await expectWhole(bench);
    });
  });

  test("that break off are tried again", async () => {
    await withSource([{ match: mount, times: 2, fault: { kind: "reset", in: "response" } }], async (bench) => {
      expect(await copy(bench)).toMatchObject({ blobsSent: 0, blobsReused: 4 });
      await expectWhole(bench);
    });
  });
});

describe("downloads that feed uploads", () => {
  const refuse: FaultRule = { times: always, fault: { kind: "refuse-mount" } };
  const getBlob = { method: "GET", path: "/blobs/" };
  const putBlob = { method: "PUT", path: "/blobs/uploads/" };

  test.each<readonly [string, readonly FaultRule[]]>([
    ["break off", [{ match: getBlob, times: 6, fault: { kind: "reset", in: "response", afterBytes: 60_000 } }]],
    [
      "break off while the upload does",
      [
        { match: getBlob, times: 3, fault: { kind: "truncate", afterBytes: 60_000 } },
        { match: putBlob, times: 2, fault: { kind: "reset", afterBytes: 30_000 } },
      ],
    ],
    [
      "are slow for the upload's patience",
      [{ match: getBlob, times: always, fault: { kind: "slow", bytesPerSecond: 600_000 } }],
    ],
    ["go silent", [{ match: getBlob, fault: { kind: "stall", in: "response", afterBytes: 20_000 } }]],
  ])("%s", async (_, rules) => {
    await withSource([refuse, ...rules], async (bench) => {
      await copy(bench);
      await expectWhole(bench);
    });
  });

  test("and bring a wrong bit leave nothing in the target", async () => {
    await withSource(
      [refuse, { match: getBlob, times: always, fault: { kind: "flip-bit", at: 10 } }],
      async (bench) => {
        expect((await failureOf(copy(bench))).code).toBe("DIGEST_MISMATCH");
        expect(await bench.stored().headManifest({ tag: "v1" })).toBeUndefined();
        for (const layer of bench.image.layers) expect(await bench.stored().hasBlob(layer.digest)).toBe(false);
      },
    );
  });
});
