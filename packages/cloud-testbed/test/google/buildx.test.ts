import { requireStack } from "@imagespec/test-support";
import { expect, test } from "vitest";

test.runIf(process.env["IMAGESPEC_WHOLE"])(
  "buildx builds with a BuildKit of its own, twice at a time",
  {
    timeout: 900_000,
  },
  async (context) => {
    // Loading them takes longer than the everyday run should wait for a test that it does not run.
    const { ensureBuildkitImage, startFakeGoogle } = await import("../../src/google/index.ts");
    const clients = await import("./clients-adapter.ts");
    const { createBuild, ended, grpcClient, logOf, storageClient, uploadContext } = clients;
    const stack = await requireStack(context, { engines: ["28.5"], buildkitd: true });
    await ensureBuildkitImage(stack);
    await using google = await startFakeGoogle({ stack, engine: "28.5" });
    const client = grpcClient(google);
    const image = `${google.registry}/${google.project}/images/app`;
    const storageSource = await uploadContext(storageClient(google), google.bucket, {
      Dockerfile: `FROM ${stack.registry}/library/debian:bookworm-slim\nARG N\nRUN echo "$N" > /made\n`,
    });
    const name = "docker.io/library/docker:28-cli";
    const build = async (tag: string) => {
      const output = `type=image,name=${image}:${tag},push=true,oci-mediatypes=true`;
      const created = await createBuild(client, google, {
        source: { storageSource },
        steps: [
          {
            name,
            args: ["buildx", "create", "--name", "own", "--driver", "docker-container", "--driver-opt", "network=host"],
          },
          {
            name,
            args: [
              ...["buildx", "build", "--builder", "own", "--provenance=false", "--build-arg", `N=${tag}`],
              ...[
                "--cache-to",
                `type=registry,ref=${image}:cache-${tag}`,
                "--metadata-file",
                "/workspace/metadata.json",
              ],
              ...["--output", output, "."],
            ],
          },
          { name, script: 'cp metadata.json "$BUILDER_OUTPUT/output"' },
        ],
        logsBucket: google.bucket,
        options: { logging: "GCS_ONLY" },
      });
      const done = await ended(client, google, created);
      expect(done.status, logOf(google, done)).toBe("SUCCESS");
      const said = JSON.parse(String(done.results?.buildStepOutputs?.[2])) as Readonly<Record<string, string>>;
      expect(said["containerimage.digest"]).toBe(await google.digestOf(`${google.project}/images/app`, tag));
      expect(await google.digestOf(`${google.project}/images/app`, `cache-${tag}`)).toMatch(/^sha256:/);
    };
    await Promise.all([build("one"), build("two")]);
    const { stdout } = await stack.docker(["ps", "-a", "--format", "{{.Names}}"], { engine: "28.5" });
    expect(stdout).not.toContain("buildx_buildkit_own0");
    await client.close();
  },
);
