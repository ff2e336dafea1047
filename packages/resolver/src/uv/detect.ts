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
  /** The user's further indexes: `UV_INDEX`, then `UV_EXTRA_INDEX_URL`, else `PIP_EXTRA_INDEX_URL`. */
  readonly extraIndexes: readonly string[];
  /** Hosts of which no certificate is asked for: `UV_INSECURE_HOST`. */
  readonly insecureHosts: readonly string[];
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
  const list = (...names: readonly string[]) => (first(...names) ?? "").split(/\s+/).filter((entry) => entry !== "");
  return {
    uv: first("IMAGESPEC_UV"),
    path: (env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== ""),
    env,
    index: first("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"),
    extraIndexes: [...list("UV_INDEX"), ...list("UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")],
    insecureHosts: list("UV_INSECURE_HOST"),
    caFile: first("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    netrc: first("NETRC") ?? path.join(home, ".netrc"),
  };
}
