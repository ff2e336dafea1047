import type { RunOptions, RunResult } from "../process/run.ts";

/** Docker Engines of the stack: Debian 12's own, and those of newer Debian releases, once more with the containerd image store. */
export type StackEngineName = "20.10" | "26.1" | "28.5" | "28.5-containerd";

/** What can build: an Engine, or the standalone buildkitd. */
export type StackDaemonName = StackEngineName | "buildkitd";

/** CPython minors that base images can be made of. */
export type StackPython = "3.9" | "3.10" | "3.11" | "3.12" | "3.13" | "3.14";

/** An engine that runs. */
export interface StackEngine {
  /** `unix:///…`, for `DOCKER_HOST`. */
  readonly dockerHost: string;
  /** Of the server: `20.10.24+dfsg1`. */
  readonly version: string;
  readonly apiVersion: string;
  readonly store: "graphdriver" | "containerd";
  /** Path of the client of the same release. */
  readonly docker: string;
  /** Address of this machine as the engine's containers see it. */
  readonly hostAddress: string;
}

/** A standalone buildkitd that runs. */
export interface StackBuildkit {
  /** `unix:///…`, for `BUILDKIT_HOST`. */
  readonly address: string;
  /** Path of the client. */
  readonly buildctl: string;
  readonly version: string;
  /** Address of this machine as its build steps see it. */
  readonly hostAddress: string;
}

/** What `scripts/stack/up.mjs` prints. */
export interface StackFacts {
  /** Folder of everything that runs. */
  readonly folder: string;
  /** `host:port` of the registry. It is also the engines' mirror of the hub: `python:3.12-slim` and `debian:bookworm-slim` are there. */
  readonly registry: string;
  /** Of the first engine that was asked for. */
  readonly dockerHost: string;
  /** Path of Debian 12's docker client. */
  readonly dockerClient: string;
  /** An empty docker configuration, so that no user's credentials take part. */
  readonly dockerConfig: string;
  /** Path of skopeo. */
  readonly skopeoClient: string;
  /** A registries.conf that lets skopeo speak HTTP to the registry. */
  readonly registriesConfig: string;
  /** Minor to patch version of the python base images. */
  readonly pythons: Readonly<Partial<Record<StackPython, string>>>;
  readonly engines: Readonly<Partial<Record<StackEngineName, StackEngine>>>;
  readonly buildkit?: StackBuildkit;
}

/** A docker command may name the engine that it goes to. */
export interface DockerOptions extends RunOptions {
  /** @default the first engine that was asked for */
  readonly engine?: StackEngineName;
}

/** A server of this machine that containers reach, until it is closed. */
export interface ExposedServer {
  readonly url: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real container stack of this machine. */
export interface Stack extends StackFacts {
  /** Runs the docker client: `docker(["run", "--rm", image])`. */
  docker(args: readonly string[], options?: DockerOptions): Promise<RunResult>;
  /** Runs skopeo; the stack's registry may be spoken to without TLS. */
  skopeo(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * The address under which containers and `RUN` steps reach a server of this machine that listens on every interface
   * (`server.listen(0, "0.0.0.0")`). This machine reaches it under that address too.
   *
   * @param daemon whose containers. @default the first engine that was asked for
   */
  hostAddress(daemon?: StackDaemonName): string;
  /**
   * Lets containers and `RUN` steps reach a server that listens on loopback alone; `url` of the result is the given one with
   * an address and port that they can reach.
   *
   * @param daemon whose containers. @default the first engine that was asked for
   */
  expose(url: string, daemon?: StackDaemonName): Promise<ExposedServer>;
}
