import { enginesUnderTest, requireStack, type StackEngineName } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { probeDaemon } from "../../src/daemon/probe.ts";

const at = (host: string) => ({ host, certificates: undefined, insecure: false, source: "test" });
const { signal } = new AbortController();

const known: readonly (readonly [StackEngineName, object])[] = [
  ["20.10", { dialect: "base", directPush: false, store: "graphdriver" }],
  ["26.1", { dialect: "modern", directPush: false, store: "graphdriver" }],
  ["28.5", { dialect: "modern", directPush: false, store: "graphdriver" }],
  ["28.5-containerd", { dialect: "modern", directPush: true, store: "containerd" }],
];

const { engines: chosen, buildkitd } = enginesUnderTest();

for (const [name, features] of known.filter(([name]) => chosen.includes(name))) {
  test(`Engine ${name} and its store are told apart`, async (context) => {
    const { engines } = await requireStack(context, { engines: [name] });
    const daemon = await probeDaemon("either", at(engines[name]?.dockerHost ?? ""), signal);
    expect(daemon).toMatchObject({ kind: "engine", features, version: engines[name]?.version });
    expect(daemon.platforms[0]).toMatch(/^linux\//);
  });
}

test.runIf(buildkitd)("a buildkitd is recognised, whether it was announced or not", async (context) => {
  const { buildkit } = await requireStack(context, { buildkitd: true });
  for (const kind of ["buildkitd", "either"] as const) {
    expect(await probeDaemon(kind, at(buildkit?.address ?? ""), signal)).toMatchObject({
      kind: "buildkitd",
      version: buildkit?.version,
      features: { dialect: "modern", rewriteTimestamp: true, store: "buildkit" },
    });
  }
});
