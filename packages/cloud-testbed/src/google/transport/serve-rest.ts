import type { Listener } from "../../shared/listen.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { BuildOperation } from "../build/create-cloud-build.ts";
import { GoogleError } from "../google-error.ts";
import { type HttpAnswer, type HttpCall, serveHttp } from "../http/serve-http.ts";
import { messageType, typeName } from "../proto/cloud-build-protos.ts";
import { jsonToMessage } from "../proto/json-to-message.ts";
import { messageToJson } from "../proto/message-to-json.ts";
import type { CloudBuildCalls } from "./cloud-build-calls.ts";

const buildPath =
  /^\/v1\/projects\/(?<project>[^/]+)(?:\/locations\/(?<location>[^/]+))?\/builds(?:\/(?<id>[^/:]+))?(?<verb>:\w+)?$/;
const operationPath = /^\/v1\/(?<name>(?:operations\/.+|projects\/[^/]+\/locations\/[^/]+\/operations\/[^/:]+))$/;
const cancelPath = /^\/v1\/(?<name>(?:operations\/.+|projects\/[^/]+\/locations\/[^/]+\/operations\/[^/:]+)):cancel$/;

/** Serves Cloud Build v1 over REST, by the `google.api.http` annotations of cloudbuild.proto. */
export function serveRest(calls: CloudBuildCalls, tokens: Tokens): Promise<Listener> {
  return serveHttp(async (call) => {
    const principal = tokens.authenticate(call.headers.authorization);
    const context = { transport: "rest", principal } as const;
    const pathname = decodeURIComponent(call.url.pathname);
    const json = writer(call);
    const cancelled = call.method === "POST" ? cancelPath.exec(pathname)?.groups?.["name"] : undefined;
    if (cancelled !== undefined) return { body: await calls.cancelOperation({ name: cancelled }, context) };
    const operation = call.method === "GET" ? operationPath.exec(pathname)?.groups?.["name"] : undefined;
    if (operation !== undefined)
      return { body: json.operation(await calls.getOperation({ name: operation }, context)) };

    const { project = "", location, id, verb } = buildPath.exec(pathname)?.groups ?? {};
    if (project === "") return notFound(call);
    const parent = location === undefined ? undefined : `projects/${project}/locations/${location}`;
    const collection = { projectId: project, ...(parent === undefined ? {} : { parent }) };
    const one = {
      projectId: project,
      id: id ?? "",
      ...(parent === undefined ? {} : { name: `${parent}/builds/${id}` }),
    };
    switch (`${call.method} ${id === undefined ? "builds" : "build"}${verb ?? ""}`) {
      case "POST builds": {
        queryFields(call, "CreateBuildRequest");
        const build = jsonToMessage(messageType("Build"), bodyOf(call), "build");
        return { body: json.operation(await calls.createBuild({ ...collection, build }, context)) };
      }
      case "GET builds": {
        const { filter, pageSize, pageToken } = queryFields(call, "ListBuildsRequest");
        const request = {
          ...collection,
          ...(filter === undefined ? {} : { filter }),
          ...(pageToken === undefined ? {} : { pageToken }),
          ...(pageSize === undefined ? {} : { pageSize: Number(pageSize) }),
        };
        return { body: json.message("ListBuildsResponse", await calls.listBuilds(request, context)) };
      }
      case "GET build":
        queryFields(call, "GetBuildRequest");
        return { body: json.message("Build", await calls.getBuild(one, context)) };
      case "POST build:cancel":
        jsonToMessage(messageType("CancelBuildRequest"), bodyOf(call));
        return { body: json.message("Build", await calls.cancelBuild(one, context)) };
      default:
        return notFound(call);
    }
  });
}

function writer(call: HttpCall) {
  const numericEnums = (call.url.searchParams.get("$alt") ?? "").includes("enum-encoding=int");
  const message = (type: string, value: object): object =>
    // A message that is none of the well-known types becomes an object.
    messageToJson(messageType(type), value, { numericEnums }) as object;
  const any = (type: string, value: object) => ({
    "@type": `type.googleapis.com/${typeName(messageType(type))}`,
    ...message(type, value),
  });
  return {
    message,
    operation: ({ name, done, build, error }: BuildOperation) => ({
      name,
      metadata: any("BuildOperationMetadata", { build }),
      ...(done ? { done } : {}),
      ...(done && error === undefined ? { response: any("Build", build) } : {}),
      ...(error === undefined ? {} : { error }),
    }),
  };
}

/** The fields of a request that stand in its query; an unknown one is refused. */
function queryFields(call: HttpCall, type: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const [name, value] of call.url.searchParams) {
    if (name.startsWith("$") || ["alt", "prettyPrint", "fields", "key", "quotaUser"].includes(name)) continue;
    if (messageType(type).fields[name] === undefined) {
      throw new GoogleError(
        "INVALID_ARGUMENT",
        `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`,
      );
    }
    fields[name] = value;
  }
  return fields;
}

function bodyOf(call: HttpCall): unknown {
  if (call.body.length === 0) return {};
  try {
    return JSON.parse(call.body.toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GoogleError("INVALID_ARGUMENT", `Invalid JSON payload received. ${error.message}`);
  }
}

/** An unknown path is answered by the front end of all Google APIs, in HTML. */
function notFound(call: HttpCall): HttpAnswer {
  const body = `<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>The requested URL <code>${call.url.pathname}</code> was not found on this server.`;
  return { status: 404, headers: { "content-type": "text/html; charset=UTF-8" }, body };
}
