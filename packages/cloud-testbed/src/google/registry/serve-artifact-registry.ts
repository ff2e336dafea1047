import { randomUUID } from "node:crypto";
import type { Listener } from "../../shared/listen.ts";
import type { RegistryReader } from "../../shared/registry-reader.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { Gate, GoogleOperation } from "../gate/gate.ts";
import { GoogleError, serviceDisabled } from "../google-error.ts";
import { type HttpAnswer, type HttpCall, serveHttp } from "../http/serve-http.ts";
import { jsonToMessage } from "../proto/json-to-message.ts";
import { messageToJson } from "../proto/message-to-json.ts";
import { repositoryType } from "./artifact-registry-protos.ts";
import type { Repositories, Repository } from "./create-repositories.ts";

/** What the service answers with. */
export interface ArtifactRegistryOptions {
  readonly repositories: Repositories;
  readonly reader: RegistryReader;
  readonly tokens: Tokens;
  readonly gate: Gate;
  readonly project: string;
  readonly projectNumber: string;
  readonly enabled: () => boolean;
  /** `host:port` of the registry of a location, if there is one. */
  readonly hostOf: (location: string) => string | undefined;
  /** Milliseconds until a new repository is there. */
  readonly creationMs: number;
}

const type = "type.googleapis.com/google.devtools.artifactregistry.v1";

/** Starts Artifact Registry v1 over REST: repositories, tags, images by digest, and the operation that creates a repository. */
export function serveArtifactRegistry(options: ArtifactRegistryOptions): Promise<Listener> {
  const { repositories, reader, tokens, gate } = options;
  const operations = new Map<string, { readonly due: number; readonly finish: () => object; result?: object }>();

  const resourceOf = (repository: Repository): object => {
    const { project, location, id, fields, createTime } = repository;
    const host = options.hostOf(location);
    return {
      // The fields were read as a message.
      ...(messageToJson(repositoryType, fields, { numericEnums: false }) as object),
      name: `projects/${project}/locations/${location}/repositories/${id}`,
      mode: "STANDARD_REPOSITORY",
      createTime,
      updateTime: createTime,
      ...(host === undefined ? {} : { registryUri: `${host}/${project}/${id}` }),
    };
  };
  const assertProject = (project: string): string => {
    if (!options.enabled()) {
      throw serviceDisabled("artifactregistry.googleapis.com", "Artifact Registry API", options.project);
    }
    if (project === options.project || project === options.projectNumber) return options.project;
    throw new GoogleError("PERMISSION_DENIED", `Permission denied on resource project ${project}.`, {
      reason: "CONSUMER_INVALID",
      metadata: { consumer: `projects/${project}`, service: "artifactregistry.googleapis.com" },
    });
  };
  const find = (project: string, location: string, id: string): Repository => {
    const found = repositories.find(assertProject(project), location, id);
    if (found !== undefined) return found;
    throw notFound(`projects/${project}/locations/${location}/repositories/${id}`);
  };
  const pass = (
    call: HttpCall,
    operation: GoogleOperation,
    permission: string,
    resource: string,
    work: () => Promise<object>,
  ): Promise<HttpAnswer> =>
    gate.pass(
      {
        operation,
        transport: "rest",
        principal: tokens.authenticate(call.headers.authorization),
        request: { method: call.method, resource, ...(call.body.length > 0 ? { body: bodyOf(call) } : {}) },
      },
      async () => ({ body: await work() }),
      [{ permission, resource }],
    );

  const create = (call: HttpCall, project: string, location: string) => {
    const parent = `projects/${project}/locations/${location}`;
    return pass(call, "CreateRepository", "artifactregistry.repositories.create", parent, async () => {
      const id = call.url.searchParams.get("repositoryId") ?? "";
      const fields = jsonToMessage(repositoryType, bodyOf(call), "repository") as Readonly<Record<string, unknown>>;
      const owner = assertProject(project);
      if (fields["format"] === undefined || fields["format"] === "FORMAT_UNSPECIFIED") {
        throw new GoogleError("INVALID_ARGUMENT", "repository.format is required");
      }
      repositories.assertFree(owner, location, id);
      const name = `${parent}/operations/${randomUUID()}`;
      const finish = () => resourceOf(repositories.create(owner, location, id, fields));
      operations.set(name, { due: Date.now() + options.creationMs, finish });
      return operationOf(name);
    });
  };
  const operationOf = (name: string): object => {
    const operation = operations.get(name);
    if (operation === undefined) throw notFound(name);
    const metadata = { "@type": `${type}.OperationMetadata` };
    if (Date.now() < operation.due) return { name, metadata };
    operation.result ??= operation.finish();
    return { name, metadata, done: true, response: { "@type": `${type}.Repository`, ...operation.result } };
  };

  return serveHttp(async (call) => {
    const path = decodeSegments(call.url.pathname);
    const [v1, , project = "", , location = "", kind, id = "", child, packageName = "", tags, tag = ""] = path;
    const resource = path.slice(1).join("/");
    if (v1 !== "v1" || path[1] !== "projects" || path[3] !== "locations") return { status: 404, body: "Not Found" };
    const read = "artifactregistry.repositories.get";
    if (kind === "repositories" && id === "" && call.method === "POST") return create(call, project, location);
    if (call.method !== "GET") throw new GoogleError("UNIMPLEMENTED", `this fake does not answer ${call.method} here`);
    if (kind === "operations") {
      return pass(call, "GetRepositoryOperation", read, resource, async () => operationOf(resource));
    }
    if (kind === "repositories" && id !== "" && child === undefined) {
      return pass(call, "GetRepository", read, resource, async () => resourceOf(find(project, location, id)));
    }
    if (child === "packages" && tags === "tags" && tag !== "") {
      return pass(call, "GetTag", "artifactregistry.tags.get", resource, async () => {
        const { project: owner } = find(project, location, id);
        const found = await reader.manifest(`${owner}/${id}/${packageName}`, tag);
        if (found === undefined) throw notFound(resource);
        const at = `projects/${project}/locations/${location}/repositories/${id}/packages/${encodeURIComponent(packageName)}`;
        return { name: `${at}/tags/${tag}`, version: `${at}/versions/${found.digest}` };
      });
    }
    return { status: 404, body: "Not Found" };
  });
}

/** A package's name may hold slashes, which are escaped. */
function decodeSegments(pathname: string): readonly string[] {
  return pathname.replace(/^\//, "").split("/").map(decodeURIComponent);
}

function notFound(resource: string): GoogleError {
  return new GoogleError("NOT_FOUND", `Requested entity was not found: ${resource}`);
}

function bodyOf(call: HttpCall): unknown {
  try {
    return JSON.parse(call.body.toString() || "{}");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GoogleError("INVALID_ARGUMENT", `Invalid JSON payload received. ${error.message}`);
  }
}
