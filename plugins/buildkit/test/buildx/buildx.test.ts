import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { readTar } from "@imagespec/image-store";
import { digestOf } from "@imagespec/oci";
import {
  enginesUnderTest,
  requireStack,
  run,
  type SkippableTest,
  type Stack,
  temporaryFolder,
} from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import type { BuildStatus, SolveExporter, SolveWork } from "../../src/daemon/daemon.ts";
import { openDaemon } from "../../src/daemon/open-daemon.ts";
import { createProgress } from "../../src/progress/create-progress.ts";
import { solveWork } from "../daemon/solve-work.ts";

const signal = AbortSignal.timeout(200_000);
// Of the stack's clients only the one of Engine 28.5 has a buildx.
const { engines, buildkitd } = enginesUnderTest();
const hasBuildx = engines.includes("28.5") && buildkitd;

interface Place {
  readonly stack: Stack;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The environment in which the stack's docker client, with buildx, is the one that is found. */
async function place(context: SkippableTest): Promise<Place> {
  const stack = await requireStack(context, { engines: ["28.5"], buildkitd: true });
  const client = path.dirname(stack.engines["28.5"]?.docker ?? "");
  const env = {
    PATH: `${client}:${process.env["PATH"]}`,
    HOME: process.env["HOME"],
    DOCKER_CONFIG: stack.dockerConfig,
  };
  return { stack, env };
}

async function openBuildkitd(context: SkippableTest) {
  const { stack, env } = await place(context);
  const daemon = await openDaemon({ transport: "buildx", host: stack.buildkit?.address ?? "", env }, signal);
  return { stack, daemon };
}

async function leftovers(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => /^imagespec-(?:buildx|push)-/.test(name));
}

describe.runIf(hasBuildx)("a buildkitd by docker buildx", () => {
  test("builds the context, with progress, and sends an OCI archive", async (context) => {
    const { daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    expect(daemon).toMatchObject({ kind: "buildx", version: "v0.34.2", features: { store: "buildkit" } });
    expect(daemon.platforms[0]).toBe("linux/amd64");
    const bytes = Buffer.from(randomBytes(8).toString("hex"));
    const files: string[] = [];
    const statuses: BuildStatus[] = [];
    const exporter: SolveExporter = {
      kind: "oci",
      receive: async (archive) => {
        for await (const { header, content } of readTar(archive)) {
          files.push(header.path);
          for await (const _ of content);
        }
      },
    };
    const result = await daemon.solve(
      solveWork("FROM debian:bookworm-slim\nCOPY a.txt /a.txt\nRUN cat /a.txt\n", exporter, {
        context: [
          {
            ...{ kind: "file", path: "a.txt", mode: 0o644, size: bytes.length, digest: digestOf(bytes) },
            async *open() {
              yield bytes;
            },
          },
        ],
        onStatus: (status) => statuses.push(status),
      }),
    );
    expect(files).toContain("index.json");
    expect(result.exporter["containerimage.digest"]).toMatch(/^sha256:/);
    expect(result.contextBytes).toBeGreaterThan(0);
    const output = statuses.flatMap(({ logs }) => logs.map(({ message }) => Buffer.from(message).toString()));
    expect(output.join("")).toContain(bytes.toString());
  });

  test("pushes by digest", async (context) => {
    const { stack, daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    const repository = `imagespec-test/${randomBytes(6).toString("hex")}`;
    const exporter = { kind: "push", name: `${stack.registry}/${repository}`, insecure: true } as const;
    const { exporter: said } = await daemon.solve(solveWork("FROM debian:bookworm-slim\nRUN true\n", exporter));
    const digest = said["containerimage.digest"] ?? "";
    const accept = "application/vnd.oci.image.manifest.v1+json";
    const answer = await fetch(`http://${stack.registry}/v2/${repository}/manifests/${digest}`, {
      headers: { accept },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(accept);
  });

  test("gets secrets of any size and shape, which stand in no argument and in no file that stays", async (context) => {
    const { daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    const before = await leftovers();
    const mark = `s3cr3t-${randomBytes(6).toString("hex")}`;
    const secrets: Readonly<Record<string, Buffer>> = {
      text: Buffer.from(`${mark}\nsecond "line" $HOME`),
      binary: Buffer.from([0, 255, 1, 2]),
      large: Buffer.alloc(200_000, "x"),
    };
    const mounts = Object.keys(secrets).map((id) => `--mount=type=secret,id=${id},required=true`);
    const searches: ReturnType<typeof run>[] = [];
    const statuses: BuildStatus[] = [];
    await daemon.solve(
      solveWork(
        `FROM debian:bookworm-slim\nRUN ${mounts.join(" ")} sha256sum /run/secrets/* && sleep 2 # ${randomBytes(4).toString("hex")}\n`,
        undefined,
        {
          secret: async (id) => secrets[id],
          onStatus: (status) => {
            statuses.push(status);
            // While the step runs, which sleeps after its output.
            if (status.logs.length > 0 && searches.length === 0)
              searches.push(run(["pgrep", "-f", mark], { allowFailure: true }));
          },
        },
      ),
    );
    const output = statuses.flatMap(({ logs }) => logs.map(({ message }) => Buffer.from(message).toString())).join("");
    for (const value of Object.values(secrets)) expect(output).toContain(digestOf(value).slice("sha256:".length));
    expect(await Promise.all(searches)).toMatchObject([{ stdout: "" }]);
    expect(await leftovers()).toEqual(before);
  });

  test("says which step failed, and why", async (context) => {
    const { daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    const text = "FROM debian:bookworm-slim\nRUN echo one; echo two >&2; exit 7\n";
    const steps = [{ firstLine: 2, lastLine: 2, name: "command 1", field: "commands[0]" }];
    const progress = createProgress({ emit: () => undefined, text, steps, daemon: daemon.address });
    const failure = await daemon
      .solve(solveWork(text, undefined, { onStatus: progress.update }))
      .then(() => undefined)
      .catch((error: unknown) => progress.explain(error));
    expect(failure).toMatchObject({
      code: "BUILD_STEP_FAILED",
      message: 'step "command 1" failed with exit code 7',
      problems: [{ path: "commands[0]" }],
      details: { exitCode: 7 },
    });
    expect(failure instanceof ImageSpecError && [...failure.logTail].sort()).toEqual(["one", "two"]);
  });

  test("stops when it is aborted, and leaves nothing behind", async (context) => {
    const { daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    const before = await leftovers();
    const mark = randomBytes(6).toString("hex");
    const controller = new AbortController();
    const text = `FROM debian:bookworm-slim\nRUN echo go && sleep 60 && echo ${mark}\n`;
    const onStatus: SolveWork["onStatus"] = ({ logs }) => {
      if (logs.length > 0) controller.abort();
    };
    await expect(
      daemon.solve(solveWork(text, undefined, { onStatus, signal: controller.signal })),
    ).rejects.toMatchObject({ code: "ABORTED" });
    // The process in the container has the mark in its arguments.
    for (let tries = 0; tries < 20; tries++) {
      const { stdout } = await run(["pgrep", "-f", `sleep 60 && echo ${mark}`], { allowFailure: true });
      if (stdout.trim() === "") break;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(tries).toBeLessThan(19);
    }
    expect(await leftovers()).toEqual(before);
  });

  test("is given logins for exactly the registries that are named", async (context) => {
    const { daemon } = await openBuildkitd(context);
    await using _daemon = daemon;
    const asked: string[] = [];
    let authorization: string | undefined;
    const registry = createServer((incoming, outgoing) => {
      authorization = incoming.headers.authorization ?? authorization;
      const known = incoming.headers.authorization !== undefined;
      outgoing.writeHead(known ? 404 : 401, { "www-authenticate": 'Basic realm="test"' }).end();
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    const { port } = registry.address() as { readonly port: number };
    try {
      const credentials = async (host: string) => {
        asked.push(host);
        return { username: "anna", secret: "pw-anna" };
      };
      const work = solveWork(`FROM localhost:${port}/a:1\n`, undefined, { credentials });
      await expect(daemon.solve(work)).rejects.toThrow("not found");
      expect(asked).toEqual([`localhost:${port}`]);
      expect(authorization).toBe(`Basic ${Buffer.from("anna:pw-anna").toString("base64")}`);
    } finally {
      registry.closeAllConnections();
      registry.close();
    }
  });
});

describe.runIf(hasBuildx)("an Engine by docker buildx", () => {
  test("loads an image, and pushes it by the client", async (context) => {
    const { stack, env } = await place(context);
    const host = stack.engines["28.5"]?.dockerHost ?? "";
    await using daemon = await openDaemon({ transport: "buildx", host, env }, signal);
    expect(daemon).toMatchObject({
      kind: "buildx",
      version: stack.engines["28.5"]?.version,
      features: { store: "graphdriver", directPush: false, dialect: "modern" },
    });
    const { engine } = daemon;
    const repository = `${stack.registry}/imagespec-test/${randomBytes(6).toString("hex")}`;
    await daemon.solve(solveWork("FROM debian:bookworm-slim\nRUN true\n", { kind: "engine", name: `${repository}:1` }));
    expect(await engine?.inspect(`${repository}:1`)).toMatchObject({ id: expect.stringMatching(/^sha256:/) });
    const digest = await engine?.push(`${repository}:1`, { credentials: undefined, signal });
    expect(digest).toMatch(/^sha256:/);
    let size = 0;
    for await (const chunk of engine?.save(`${repository}:1`, { signal }) ?? []) size += chunk.length;
    expect(size).toBeGreaterThan(1_000_000);
    await engine?.remove(`${repository}:1`);
    await engine?.remove(`${repository}:1`);
    expect(await engine?.inspect(`${repository}:1`)).toBeUndefined();
  });
});

describe.runIf(hasBuildx)("when there is no other way", () => {
  test("the builder that docker buildx uses takes the place of an engine that refuses", async (context) => {
    const { stack, env } = await place(context);
    await using folder = await temporaryFolder();
    const socket = folder.join("podman.sock");
    const target = stack.dockerHost.slice("unix://".length);
    const refusing = createServer((incoming, outgoing) => {
      if (incoming.method === "POST") return outgoing.writeHead(404).end();
      const forwarded = request({ socketPath: target, path: incoming.url ?? "" });
      forwarded.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      });
      return forwarded.end();
    });
    await new Promise<void>((resolve) => refusing.listen(socket, resolve));
    try {
      const builders = folder.join("builders");
      const own = { ...env, BUILDX_CONFIG: builders, DOCKER_HOST: `unix://${socket}` };
      const create = ["docker", "buildx", "create", "--name", "mine", "--use", "--driver", "remote"];
      await run([...create, stack.buildkit?.address ?? ""], { env: own });
      await using daemon = await openDaemon({ env: own }, signal);
      expect(daemon).toMatchObject({ kind: "buildx", address: "buildx:mine", engine: undefined });
      await daemon.solve(solveWork("FROM debian:bookworm-slim\nRUN true\n"));
      // Without such a builder, buildx would go to the same engine.
      await expect(openDaemon({ env: { ...own, BUILDX_BUILDER: "default" } }, signal)).rejects.toMatchObject({
        code: "ENGINE_UNSUPPORTED",
        details: { tried: [{ code: "ENGINE_UNSUPPORTED" }, {}] },
      });
    } finally {
      refusing.closeAllConnections();
      refusing.close();
    }
  });

  test("a builder that does not exist is told by its name", async (context) => {
    const { env } = await place(context);
    await expect(openDaemon({ builder: "nosuch", env }, signal)).rejects.toMatchObject({
      code: "ENGINE_DOWN",
      message: 'docker buildx has no builder "nosuch"',
    });
    await expect(openDaemon({ builder: "x", env: { PATH: "/nowhere" } }, signal)).rejects.toMatchObject({
      code: "ENGINE_DOWN",
      hint: expect.stringContaining("install docker"),
    });
  });
});
