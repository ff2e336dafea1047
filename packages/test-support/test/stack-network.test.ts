import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { enginesUnderTest, requireStack, run, temporaryFolder } from "../src/index.ts";
import { makeWheel, serveIndex } from "../src/wheels.ts";

const { daemons, ...options } = enginesUnderTest();

const dockerfile = `FROM python:3.12-slim
ARG SERVER
ARG INDEX
ARG NONCE
RUN python -c "import os, urllib.request as u; assert u.urlopen(os.environ['SERVER']).read() == b'seen'"
RUN pip install --no-cache-dir --index-url $INDEX --trusted-host $(echo $INDEX | cut -d/ -f3 | cut -d: -f1) alpha
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends file && file --version
RUN pip install --no-cache-dir six
`;

test.for(daemons)(
  "a RUN step of %s reaches servers of this machine, Debian and the package index",
  async (daemon, context) => {
    const stack = await requireStack(context, options);
    const server = createServer((_, response) => response.end("seen"));
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    await using folder = await temporaryFolder();
    await using index = await serveIndex([makeWheel({ name: "alpha", version: "1.0" })]);
    await using exposed = await stack.expose(index.url, daemon);
    await writeFile(path.join(folder.path, "Dockerfile"), dockerfile);
    const build: Record<string, string> = {
      SERVER: `http://${stack.hostAddress(daemon)}:${(server.address() as AddressInfo).port}/`,
      INDEX: exposed.url,
      // Part of every step's cache key: what ran yesterday proves nothing today.
      NONCE: String(process.hrtime.bigint()),
    };
    try {
      if (daemon === "buildkitd") {
        const { buildctl, address } = stack.buildkit ?? expect.unreachable();
        const local = ["context", "dockerfile"].flatMap((name) => ["--local", `${name}=${folder.path}`]);
        const args = Object.entries(build).flatMap(([name, value]) => ["--opt", `build-arg:${name}=${value}`]);
        await run([buildctl, "--addr", address, "build", "--frontend", "dockerfile.v0", ...local, ...args]);
      } else {
        const args = Object.entries(build).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
        const image = `test-support-network-${process.pid}`;
        const env = { DOCKER_BUILDKIT: "1" };
        await stack.docker(["build", "--quiet", "--tag", image, ...args, folder.path], { engine: daemon, env });
        await stack.docker(["image", "rm", image], { engine: daemon });
      }
      expect(index.requests).toContain("/simple/alpha/");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);
