import { createHash } from "node:crypto";
import type { BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";

/** A wheel that an index lists. */
export interface ListedWheel {
  readonly filename: string;
  readonly url: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly version: string;
}

/** The package index of a spec, with its login. */
export interface SimpleIndex {
  /** Nothing when the index does not have the project. @throws INDEX_AUTH, INDEX_DOWN */
  list(project: string): Promise<readonly ListedWheel[] | undefined>;
  /** @throws WHEEL_HASH_MISMATCH, INDEX_DOWN */
  download(wheel: ListedWheel): Promise<Uint8Array>;
}

/** Opens the index of a spec, which has to answer in JSON (PEP 691). */
export async function openSimpleIndex(
  spec: ResolvedImageSpec,
  request: Pick<BuildRequest, "secret" | "signal">,
): Promise<SimpleIndex> {
  const url = spec.pipIndex ?? "https://pypi.org/simple";
  const login = await loginFor(new URL(url), spec, request);
  const get = async (target: string): Promise<Response> => {
    const headers: Record<string, string> = { accept: "application/vnd.pypi.simple.v1+json, */*;q=0.1" };
    if (login !== undefined) headers["authorization"] = `Basic ${Buffer.from(login).toString("base64")}`;
    let response: Response;
    try {
      response = await fetch(target, { headers, signal: request.signal });
    } catch (cause) {
      throw new ImageSpecError("INDEX_DOWN", `the package index "${url}" cannot be reached`, {
        hint: "make the index reachable",
        cause,
      });
    }
    if (response.status !== 401 && response.status !== 403) return response;
    throw new ImageSpecError("INDEX_AUTH", `the package index "${url}" wants another login (${response.status})`, {
      hint: "put a login for the host into the URL of pipIndex",
    });
  };
  return {
    async list(project) {
      const page = `${url.replace(/\/$/, "")}/${project}/`;
      const response = await get(page);
      if (response.status === 404) return undefined;
      // PEP 691.
      const { files } = (await response.json()) as {
        readonly files: readonly {
          readonly filename: string;
          readonly url: string;
          readonly hashes: Readonly<Record<string, string>>;
        }[];
      };
      return files.map((file) => ({
        filename: file.filename,
        url: new URL(file.url, page).href,
        sha256: file.hashes["sha256"] ?? "",
        version: file.filename.split("-")[1] ?? "",
      }));
    },
    async download({ filename, url: target, sha256 }) {
      const bytes = Buffer.from(await (await get(target)).arrayBuffer());
      if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
      throw new ImageSpecError("WHEEL_HASH_MISMATCH", `"${filename}" does not have the hash that the index states`, {
        hint: "ask the owner of the index to repair it",
      });
    },
  };
}

/** `user:password`, of the URL or of a netrc secret. */
async function loginFor(
  { origin, hostname }: URL,
  spec: ResolvedImageSpec,
  { secret }: Pick<BuildRequest, "secret">,
): Promise<string | undefined> {
  const own = spec.indexCredentials.find((credential) => credential.origin === origin);
  if (own !== undefined) return decodeURIComponent(await secret(own.secret));
  for (const { id, steps, target } of spec.secrets) {
    if (!steps.includes("packages") || !target.endsWith("netrc")) continue;
    const words = (await secret(id)).split(/\s+/);
    const at = words.findIndex((word, index) => word === "machine" && words[index + 1] === hostname);
    const after = (name: string) => words[words.indexOf(name, at) + 1] ?? "";
    if (at >= 0) return `${after("login")}:${after("password")}`;
  }
  return undefined;
}
