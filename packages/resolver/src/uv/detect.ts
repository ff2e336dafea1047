import { homedir } from "node:os";
import path from "node:path";

/** What the environment says about uv, package indexes and certificates. */
export interface UvSettings {
  /** `IMAGESPEC_UV`: the uv to use. */
  readonly uv: string | undefined;
  /** Folders of `PATH`. */
  readonly path: readonly string[];
  /** The whole environment, for the child process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's default index: `UV_DEFAULT_INDEX`, `UV_INDEX_URL`, `PIP_INDEX_URL`. */
  readonly index: string | undefined;
  /** PEM file: `SSL_CERT_FILE`, `PIP_CERT`, `REQUESTS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string | undefined;
  readonly netrc: string;
}

export function detectUvSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): UvSettings {
  const first = (...names: readonly string[]) =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
  return {
    uv: first("IMAGESPEC_UV"),
    path: (env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== ""),
    env,
    index: first("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"),
    caFile: first("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    netrc: first("NETRC") ?? path.join(home, ".netrc"),
  };
}
