import { readdir, readFile } from "node:fs/promises";
import { sharedErrors } from "@imagespec/errors";
import { encodeConfig, encodeManifest, mediaTypes, parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { assertBuilder } from "../src/builder/assert-builder.ts";
import { defaultBuilderRegistry, ImageBuildEngine, ImageSpec, parsePluginManifest } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { testBench } from "../src/testing/test-bench.ts";
import { cli } from "./write-a-builder/cli.ts";
import { relabel } from "./write-a-builder/index.ts";
import { build } from "./write-a-builder/use.ts";

const docs = new URL("../../../docs/", import.meta.url);
const example = new URL("write-a-builder/", import.meta.url);

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe("docs/plugins/write-a-builder.md", () => {
  it("shows the files that the tests below run", async () => {
    const text = await readFile(new URL("plugins/write-a-builder.md", docs), "utf8");
    const blocks = [...text.matchAll(/^```(?:ts|json) (\S+)\n(.*?)^```$/gms)].map(([, name, code]) => [name, code]);
    const files = await readdir(example);
    const shown = await Promise.all(
      files.map(async (file) => [file.replace(".example", ""), await readFile(new URL(file, example), "utf8")]),
    );
    expect(new Map(blocks as [string, string][])).toEqual(new Map(shown as [string, string][]));
  });

  it("has a builder that builds", async () => {
    await using bench = await testBench();
    const { registry, client } = bench;
    const config = encodeConfig({
      os: "linux",
      architecture: "amd64",
      config: { Env: ["A=1"] },
      rootfs: { type: "layers", diff_ids: [] },
    });
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [],
    });
    const base = client.repository({ registry, repository: "acme/base" });
    await base.writeBlob(config.descriptor, () => bytesOf(config.bytes));
    await base.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag: "1" });

    const reference = await build(`${registry}/acme/base:1`, registry);
    const made = client.repository({ registry, repository: "acme/tuned" });
    const { bytes } = await made.getManifest({ tag: reference.slice(reference.lastIndexOf(":") + 1) });
    const { config: own } = parseImageConfig(await made.getBlob(parseImageManifest(bytes).config));
    expect(own?.Env).toEqual(
      expect.arrayContaining(["A=1", "OMP_NUM_THREADS=2", expect.stringMatching(/^IMAGESPEC_ID=/)]),
    );
    expect(own?.Labels).toHaveProperty(["dev.imagespec.fingerprint"]);
  });

  it("has a builder that says why not", async () => {
    await using bench = await testBench();
    const engine = bench.engine([relabel({ platforms: ["linux/amd64"] })]);
    const error = await failureOf(engine.build(new ImageSpec({ packages: ["six"] })));
    expect(error.problems).toMatchObject([{ path: "packages", hint: "let builder assemble build it" }]);
    const other = await failureOf(engine.build(new ImageSpec({ platform: "linux/arm64" })));
    expect(other.problems).toMatchObject([{ path: "platform" }]);
  });

  it("registers, and has a manifest and commands of the right form", async () => {
    await import("./write-a-builder/register.ts");
    const registered = defaultBuilderRegistry().get("relabel");
    assertBuilder(registered?.builder);
    expect(new ImageBuildEngine().builders().map(({ name }) => name)).toContain("relabel");
    defaultBuilderRegistry().unregister("relabel");
    const packageJson: unknown = JSON.parse(await readFile(new URL("package.example.json", example), "utf8"));
    expect(parsePluginManifest("imagespec-builder-relabel", packageJson)?.builders).toEqual({ relabel: "relabel" });
    let text = "";
    const stdout = { write: (chunk: string) => (text += chunk) };
    const context = {
      env: {},
      cwd: "/",
      stdout,
      stderr: stdout,
      signal: new AbortController().signal,
      options: undefined,
    };
    expect(await cli.commands[0]?.run([], context)).toBe(0);
    expect(text).toContain("relabel");
    expect(await cli.doctor[0]?.run(context)).toMatchObject([{ status: "ok" }]);
  });
});

describe("docs/reference/errors.md", () => {
  it("has a section with a text for every shared code, and for no other", async () => {
    const text = await readFile(new URL("reference/errors.md", docs), "utf8");
    const sections = [...text.matchAll(/^### `([A-Z_]+)`\n\n([^\n#][^#]*)/gm)];
    expect(sections.map(([, code]) => code)).toEqual(Object.keys(sharedErrors));
    for (const [, code, body] of sections) expect([code, (body ?? "").trim().length > 60]).toEqual([code, true]);
  });

  it("says where each lies", async () => {
    const text = await readFile(new URL("reference/errors.md", docs), "utf8");
    let origin = "";
    const found: string[] = [];
    for (const line of text.split("\n")) {
      origin = /^## Origin `(\w+)`/.exec(line)?.[1] ?? origin;
      const code = /^### `([A-Z_]+)`/.exec(line)?.[1];
      if (code !== undefined) found.push(`${origin} ${code}`);
    }
    expect(found).toEqual(Object.entries(sharedErrors).map(([code, entry]) => `${entry.origin} ${code}`));
  });
});
