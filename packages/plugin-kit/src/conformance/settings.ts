import type { RegistryProvider } from "@imagespec/registry-client";
import type { IndexFixture, IndexServerOptions } from "../wheels/serve-index.ts";

/** Serves made wheels as a package index. {@link serveIndex} is one. */
export type ServeWheels = (
  files: readonly IndexFixture[],
  options: Pick<IndexServerOptions, "login" | "onRequest" | "unref">,
) => Promise<{
  /** Of the simple API, as the builder reaches it. */
  readonly url: string;
  close(): Promise<void>;
}>;

/** Where the suite works. It skips nothing by them: what a builder need not pass is said by its capabilities alone. */
export interface ConformanceSettings {
  /**
   * Reference of a base image with a shell and Python that the builder can pull. Needed by builders that execute something.
   *
   * @default a made base in the suite's registry, which looks like one and in which nothing can be executed
   */
  readonly base?: string;
  /** A registry that the builder, and this process, can push to: `localhost:5000`. @default an embedded one on loopback */
  readonly registry?: string;
  /** Repositories that the suite makes are below it, for registries that want a project before a name: `acme/images`. @default none */
  readonly namespace?: string;
  /** What the builder's plugin knows of that registry: logins, and repositories that have to be made. @default docker's configuration */
  readonly providers?: readonly RegistryProvider[];
  /** How the made wheels reach the builder: for builders in a daemon, at an address that the daemon has. @default loopback */
  readonly serveIndex?: ServeWheels;
  /** For `output-engine`: as in `DOCKER_HOST`. @default a stand-in that takes images and keeps their names */
  readonly engine?: string;
  /** For `apt-packages`: a small package that the base does not have. @default "netbase" */
  readonly aptPackage?: string;
  /** Milliseconds in which an aborted build has ended. @default 5000 */
  readonly promptMs?: number;
  /** Milliseconds for one test. @default 120000 */
  readonly timeoutMs?: number;
}
