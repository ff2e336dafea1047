import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { readDockerArchive, readTar } from "@imagespec/image-store";
import { parseImageManifest } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { type BuildRequest, ImageSpec, type ResolvedImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });

interface PlayedEngine extends AsyncDisposable {
  readonly host: string;
  /** Image ids by name. */
  readonly images: Map<string, string>;
  readonly requests: string[];
}

/** The three calls of the Docker Engine API that are used, on a socket: an archive that is loaded is really read. */
async function playEngine(
  folder: string,
  answer?: (request: IncomingMessage) => readonly [number, string] | undefined,
): Promise<PlayedEngine> {
  const images = new Map<string, string>();
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const given = answer?.(request);
    if (given !== undefined) {
      request.resume();
      response.writeHead(given[0]).end(given[1]);
    } else if (request.url === "/_ping") response.end("OK");
    else if (request.url?.startsWith("/images/load")) {
      for await (const entry of readTar(request)) {
        if (entry.header.path !== "manifest.json") continue;
        let text = "";
        for await (const chunk of entry.content) text += Buffer.from(chunk).toString();
        // The file is what the archive's writer documents.
        for (const image of JSON.parse(text) as { Config: string; RepoTags: string[] }[]) {
          const id = `sha256:${image.Config.replace(/^.*\//, "").replace(".json", "")}`;
          for (const tag of image.RepoTags) images.set(tag, id);
        }
      }
      response.end('{"stream":"Loaded image"}\n');
    } else {
      const name = decodeURIComponent(request.url ?? "").replace(/^\/images\/(.*)\/json$/, "$1");
      const id = images.get(name);
      response
        .writeHead(id === undefined ? 404 : 200)
        .end(JSON.stringify(id === undefined ? { message: "no such image" } : { Id: id }));
    }
  });
  const path = join(folder, "engine.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    images,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a docker archive", () => {
  it("is written from the local store, also when the image exists already", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const path = `${bench.folder}/image.tar`;
    const output = { kind: "docker-archive", path } as const;
    const built = await engine.build(spec, { output });
    expect(built).toMatchObject({ action: "built", reference: path });
    const archive = await readDockerArchive(path);
    expect((await archive.readManifest({ digest: built.digest! }))?.descriptor.digest).toBe(built.digest);
    await archive.close();
    const second = { kind: "docker-archive", path: `${bench.folder}/second.tar` } as const;
    expect(await engine.build(spec, { output: second })).toMatchObject({ action: "exists", digest: built.digest });
    expect(await readFile(second.path)).toEqual(await readFile(path));
    expect(fake.calls).toHaveLength(1);
  });
});

describe("the Docker Engine", () => {
  it("gets the image by its API, and only when it does not have it", async () => {
    await using bench = await testBench();
    await using played = await playEngine(bench.folder);
    const engine = bench.engine([fakeBuilder().builder]);
    const output = { kind: "engine", host: played.host } as const;
    const built = await engine.build(spec, { output });
    const store = await (await import("@imagespec/image-store")).openLocalImageStore(bench.cacheFolder);
    const manifest = await store.readManifest({ digest: built.digest! });
    expect(played.images.get(built.reference)).toBe(parseImageManifest(manifest!.bytes).config.digest);
    expect(await engine.build(spec, { output })).toMatchObject({ action: "exists", digest: built.digest });
    expect(played.requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
    played.images.clear();
    await engine.build(spec, { output });
    expect(played.images.size).toBe(1);
  });

  it("is asked before anything is built", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const to = (host: string) => failureOf(engine.build(spec, { output: { kind: "engine", host } }));
    expect(await to(`unix://${bench.folder}/none.sock`)).toMatchObject({
      code: "ENGINE_DOWN",
      details: { code: "ENOENT" },
    });
    expect(await to("tcp://127.0.0.1:1")).toMatchObject({ code: "ENGINE_DOWN", details: { code: "ECONNREFUSED" } });
    expect(await to("ssh://build-host")).toMatchObject({ code: "ENGINE_UNSUPPORTED" });
    expect(fake.calls).toHaveLength(0);
  });

  it("that refuses the archive is quoted", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const answers = [
      [500, '{"message":"no space left on device"}'],
      [200, '{"stream":"x"}\n{"errorDetail":{},"error":"no space left on device"}\n'],
    ] as const;
    for (const answer of answers) {
      await using played = await playEngine(bench.folder, ({ url }) =>
        url?.startsWith("/images/load") ? answer : undefined,
      );
      const error = await failureOf(engine.build(spec, { output: { kind: "engine", host: played.host } }));
      expect(error.code).toBe("ENGINE_UNSUPPORTED");
      expect(error.message).toContain("no space left on device");
    }
  });

  it("that takes the image and does not have it afterwards is not believed", async () => {
    await using bench = await testBench();
    await using played = await playEngine(bench.folder, ({ url }) =>
      url?.startsWith("/images/load") ? [200, ""] : undefined,
    );
    const engine = bench.engine([fakeBuilder().builder]);
    const error = await failureOf(engine.build(spec, { output: { kind: "engine", host: played.host } }));
    expect(error.message).toContain("and does not have it");
  });
});

describe("records", () => {
  it("are attached to the image in a registry, without secrets and machine paths", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const withSecret = spec.withSecrets({ id: "token", from: { file: "/etc/token" } });
    const built = await bench.engine([fakeBuilder().builder]).build(withSecret, { registry });
    const repository = bench.client.repository({ registry, repository: "acme/train" });
    const [referrer] = await repository.referrers(built.digest!);
    expect(referrer?.artifactType).toBe("application/vnd.imagespec.record.v1+json");
    const { layers } = parseImageManifest((await repository.getManifest({ digest: referrer!.digest })).bytes);
    const record: unknown = JSON.parse(Buffer.from(await repository.getBlob(layers[0]!)).toString());
    expect(record).toMatchObject({
      builder: "fake",
      platform: "linux/amd64",
      spec: { packages: ["six"], fingerprint: built.fingerprint },
    });
    expect(JSON.stringify(record)).not.toMatch(/etc\/token|\/tmp|\/work/);
  });

  it("are files beside the local store, and their failure is a warning", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const built = await engine.build(spec);
    const file = join(bench.cacheFolder, "records", `${built.digest?.slice(7)}.json`);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ builder: "fake" });
    await rm(join(bench.cacheFolder, "records"), { recursive: true });
    await writeFile(join(bench.cacheFolder, "records"), "not a folder");
    const other = await engine.build(spec.withPackages("seven"));
    expect(other.warnings).toEqual([expect.stringContaining(`the record of "${other.digest}" could not be kept`)]);
  });
});

describe("a builder that pushes by itself", () => {
  it("pushes to the tag of the request, and is verified like any other", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const pushing = (repository?: string) => ({
      ...fake.builder,
      build: async (asked: ResolvedImageSpec, request: BuildRequest) => {
        if (request.output.kind !== "registry") throw new Error("only registries");
        const { tag, ...target } = request.output;
        const sink = request.registryClient.repository({ ...target, repository: repository ?? target.repository });
        const outcome = await fake.builder.build(asked, { ...request, sink });
        const { bytes, descriptor } = await sink.getManifest({ digest: outcome.digest });
        await sink.writeManifest(bytes, descriptor.mediaType, { tag });
        return outcome;
      },
    });
    const both = spec.withPlatforms("linux/amd64", "linux/arm64");
    const built = await bench.engine([pushing()]).build(both, { registry, tag: { value: "mine" } });
    expect(built).toMatchObject({ action: "built", tag: "mine" });
    // The builder's own tag stays its own; those that the request gave it for single platforms are gone.
    expect(await bench.client.tags({ registry, repository: "acme/train" })).toEqual(["ignored", "mine"]);
    const error = await failureOf(
      bench.engine([pushing("acme/elsewhere")]).build(spec.withPackages("x"), { registry }),
    );
    expect(error).toMatchObject({
      code: "BUILDER_CONTRACT",
      message: expect.stringContaining("which the output does not have"),
    });
  });
});

describe("the check of the output", () => {
  it("costs no build when the registry may not be written", async () => {
    const auth = { users: { anna: "secret", bob: "secret" }, readers: ["bob"] };
    await using bench = await testBench({ auth });
    const { RegistryClient, staticCredentials } = await import("@imagespec/registry-client");
    const { registry } = bench;
    const credentials = staticCredentials({ [registry]: { kind: "basic", username: "bob", password: "secret" } });
    await using registryClient = new RegistryClient({ credentials, retry: { attempts: 1 } });
    const fake = fakeBuilder();
    const error = await failureOf(bench.engine([fake.builder], { registryClient }).build(spec, { registry }));
    expect(error.code).toBe("REGISTRY_DENIED");
    expect(fake.calls).toHaveLength(0);
  });
});
