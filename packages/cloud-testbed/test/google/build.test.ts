import { requireStack } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { startFakeGoogle } from "../../src/google/index.ts";
import { createBuild, ended, grpcClient, logOf, restClient, storageClient, uploadContext } from "./clients-adapter.ts";

const dockerfile = "FROM scratch\nARG MESSAGE\nLABEL message=$MESSAGE\nCOPY hello.txt /hello.txt\n";

test.for(["grpc", "rest"] as const)(
  "a Dockerfile becomes an image in the registry over %s",
  async (transport, context) => {
    await using google = await startFakeGoogle({ stack: await requireStack(context) });
    const client = transport === "grpc" ? grpcClient(google) : restClient(google);
    const storageSource = await uploadContext(storageClient(google), google.bucket, {
      Dockerfile: dockerfile,
      "hello.txt": "hello\n",
    });
    const image = `${google.registry}/${google.project}/images/app:v1`;
    const build = await createBuild(client, google, {
      source: { storageSource },
      steps: [
        { name: "gcr.io/cloud-builders/docker", args: ["build", "-t", image, "--build-arg", "MESSAGE=$$5", "."] },
      ],
      images: [image],
      logsBucket: `gs://${google.bucket}/logs`,
      options: { logging: "GCS_ONLY" },
      tags: ["imagespec-1"],
    });
    const done = await ended(client, google, build);
    expect({ status: done.status, detail: done.statusDetail, log: logOf(google, done) }).toMatchObject({
      status: "SUCCESS",
      log: expect.stringContaining("DONE"),
    });
    const digest = done.results?.images?.[0]?.digest;
    expect(digest).toBe(await google.digestOf(`${google.project}/images/app`, "v1"));
  },
);
