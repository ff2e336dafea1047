import { readTar } from "@imagespec/image-store";
import { describe, expect, test } from "vitest";
import { SolveError, type SolveExporter, type Vertex } from "../../src/daemon/daemon.ts";
import { connectGrpc } from "../../src/grpc/connect-grpc.ts";
import { createSocketDialer } from "../../src/grpc/dialer.ts";
import { daemonNames, fileOf, logOf, testDaemon, uniqueText, workOf } from "./daemons.ts";

describe.each(daemonNames)("%s", (name) => {
  test("runs a step with a secret and a file, and leaves the secret behind", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const log = logOf();
    const result = await daemon.solve(
      workOf(
        `FROM ${base}\nCOPY a /a\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token /a # ${uniqueText()}\nRUN test ! -s /run/secrets/token\n`,
        {
          context: [fileOf("a", "content")],
          secret: async (id) => (id === "token" ? Buffer.from("value") : undefined),
          onStatus: log.onStatus,
        },
      ),
    );
    expect(log.text()).toContain("valuecontent");
    expect(result).toEqual({ exporter: expect.anything(), contextBytes: 7 });
  });

  test("a required secret that is not there fails the step by its name", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const failed = daemon.solve(
      workOf(`FROM ${base}\nRUN --mount=type=secret,id=no-such-token,required=true true # ${uniqueText()}\n`),
    );
    await expect(failed).rejects.toThrow(/no-such-token/);
  });

  test("a secret that cannot be had fails the build with its own error", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const own = new Error("the vault is sealed");
    const failed = daemon.solve(
      workOf(`FROM ${base}\nRUN --mount=type=secret,id=token,required=true true # ${uniqueText()}\n`, {
        secret: () => Promise.reject(own),
      }),
    );
    await expect(failed).rejects.toBe(own);
  });

  test("what a listener throws ends the build", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const own = new Error("no room on the screen");
    const onStatus = () => {
      throw own;
    };
    await expect(daemon.solve(workOf(`FROM ${base}\nRUN sleep 5 # ${uniqueText()}\n`, { onStatus }))).rejects.toBe(own);
  });

  test("a step that fails has its exit code, vertex and line, as far as the daemon says", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const vertexes = new Map<string, Vertex>();
    const log = logOf();
    const text = `FROM ${base}\nRUN true\nRUN echo one; echo two >&2; exit 7 # ${uniqueText()}\n`;
    const error = await daemon
      .solve(
        workOf(text, {
          onStatus(status) {
            log.onStatus(status);
            for (const vertex of status.vertexes) vertexes.set(vertex.digest, vertex);
          },
        }),
      )
      .catch((caught: unknown) => caught);
    if (!(error instanceof SolveError)) throw error;
    expect(error.grpcCode).toBe(2);
    expect(error.message).toMatch(/exit code: 7$/);
    expect(log.text()).toContain("one");
    expect(log.text()).toContain("two");
    const failed = [...vertexes.values()].filter((vertex) => vertex.error !== "");
    expect(failed).toHaveLength(1);
    if (name === "20.10") return expect(error.details).toEqual([]);
    expect(error.details).toContainEqual({ kind: "exit", code: 7 });
    expect(error.details).toContainEqual({ kind: "vertex", digest: failed[0]!.digest });
    expect(error.details).toContainEqual({ kind: "source", file: "Dockerfile", ranges: [{ start: 3, end: 3 }] });
  });

  test("the failure of a step is told, however long the Dockerfile in its details", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const text = `FROM ${base}\n${`# ${"x".repeat(98)}\n`.repeat(3000)}RUN exit 7 # ${uniqueText()}\n`;
    const error = await daemon.solve(workOf(text)).catch((caught: unknown) => caught);
    if (!(error instanceof SolveError)) throw error;
    expect(error.message).toMatch(/exit code: 7$/);
    if (name !== "20.10") expect(error.details).toEqual([{ kind: "vertex", digest: expect.any(String) }]);
  });

  test("build arguments, no network and no cache are passed on", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const text = `FROM ${base}\nARG A\nRUN echo "[$A]"; cat /proc/net/dev | wc -l; date +%s%N >/when # ${uniqueText()}\n`;
    const once = async (noCache: boolean) => {
      const log = logOf();
      const work = workOf(text, { buildArgs: { A: "a b\n'\"$x" }, network: "none", noCache, onStatus: log.onStatus });
      await daemon.solve(work);
      return log.text();
    };
    // Two lines of headings, and the loopback.
    expect(await once(false)).toBe("[a b\n'\"$x]\n3\n");
    expect(await once(false)).toBe("");
    expect(await once(true)).toBe("[a b\n'\"$x]\n3\n");
  });

  test("paths that are not ASCII, a symbolic link, modes and an ignore file in the context arrive", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const log = logOf();
    await daemon.solve(
      workOf(
        `FROM ${base}\nCOPY ["ä ö,ü+%41", "/a/"]\nCOPY tree /tree\nRUN find /a /tree -type f -o -type l | sort; stat -c %a /tree/run /tree/dir; readlink /tree/link # ${uniqueText()}\n`,
        {
          context: [
            fileOf("ä ö,ü+%41/é", "1"),
            fileOf(".dockerignore", "*"),
            { kind: "directory", path: "tree/dir", mode: 0o700 },
            fileOf("tree/run", "#!/bin/sh", 0o755),
            { kind: "symlink", path: "tree/link", mode: 0o777, linkTarget: "run" },
          ],
          onStatus: log.onStatus,
        },
      ),
    );
    expect(log.text()).toBe("/a/é\n/tree/link\n/tree/run\n755\n700\nrun\n");
  });

  test("says what works there", async (context) => {
    const { dialer, socket } = await testDaemon(context, name);
    const signal = new AbortController().signal;
    using connection = await connectGrpc(dialer, signal);
    const [worker] = await connection.listWorkers();
    expect(worker?.platforms[0]).toMatchObject({ OS: "linux", Architecture: "amd64" });
    // Found by trying, too.
    using tried = await connectGrpc(createSocketDialer({ path: socket }, ["native", "upgrade"]), signal);
    expect(tried.protocol).toBe(name === "buildkitd" ? "native" : "upgrade");
    expect(await tried.version()).toEqual(name === "20.10" ? undefined : expect.any(String));
  });
});

describe.each(daemonNames.filter((name) => name === "28.5-containerd" || name === "buildkitd"))("%s", (name) => {
  test("pushes, and keeps nothing", async (context) => {
    const { daemon, base, stack } = await testDaemon(context, name);
    const path = `grpc-test/${uniqueText()}`;
    const repository = `${stack.registry}/${path}`;
    const { exporter } = await daemon.solve(
      workOf(`FROM ${base}\nRUN echo ${uniqueText()} >/unique\n`, {
        exporter: { kind: "push", name: repository, insecure: true },
      }),
    );
    const digest = exporter["containerimage.digest"];
    const response = await fetch(`http://${stack.registry}/v2/${path}/manifests/${digest}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("docker-content-digest")).toBe(digest);
    expect(await response.json()).toMatchObject({ mediaType: "application/vnd.oci.image.manifest.v1+json" });
    if (name === "buildkitd") return;
    expect((await stack.docker(["image", "ls", "-q", repository], { engine: name })).stdout).toBe("");
  });

  test("sends an OCI archive", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const names: string[] = [];
    const exporter: SolveExporter = {
      kind: "oci",
      async receive(archive) {
        for await (const entry of readTar(archive)) names.push(entry.header.path);
      },
    };
    await daemon.solve(workOf(`FROM ${base}\nRUN echo ${uniqueText()} >/unique\n`, { exporter }));
    expect(names).toContain("index.json");
    expect(names).toContain("oci-layout");
  });

  test("what the receiver of an archive throws ends the build", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const own = new Error("no room");
    const exporter: SolveExporter = {
      kind: "oci",
      async receive(archive) {
        for await (const _ of archive) throw own;
      },
    };
    await expect(daemon.solve(workOf(`FROM ${base}\n`, { exporter }))).rejects.toBe(own);
  });
});

test("20.10 keeps an image under its tag", async (context) => {
  const { daemon, base, stack } = await testDaemon(context, "20.10");
  const tag = `imagespec-test/grpc:${uniqueText()}`;
  const { exporter } = await daemon.solve(
    workOf(`FROM ${base}\nENV A=b\n`, { exporter: { kind: "engine", name: tag } }),
  );
  try {
    const { stdout } = await stack.docker(["image", "inspect", tag, "--format", "{{.Id}}"], { engine: "20.10" });
    expect(exporter["containerimage.digest"] ?? stdout.trim()).toBe(stdout.trim());
  } finally {
    await stack.docker(["image", "rm", tag], { engine: "20.10" });
  }
});
