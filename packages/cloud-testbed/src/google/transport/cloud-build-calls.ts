import type { Build } from "../build/build.ts";
import type {
  BuildOperation,
  BuildRequest,
  CloudBuild,
  CreateBuildRequest,
  ListBuildsRequest,
} from "../build/create-cloud-build.ts";
import type { Gate, GoogleOperation } from "../gate/gate.ts";
import { GoogleError } from "../google-error.ts";
import { assertCloudBuildMessage } from "../proto/assert-cloud-build-message.ts";

/** How a call came in. */
export interface CallContext {
  readonly transport: "grpc" | "rest";
  /** `x-goog-request-params` of gRPC. */
  readonly routing?: string | undefined;
  /** Over an insecure gRPC channel there is none. */
  readonly principal?: string | undefined;
}

/** The calls of Cloud Build behind the gate: the same for both transports. */
export interface CloudBuildCalls {
  createBuild(request: CreateBuildRequest, context: CallContext): Promise<BuildOperation>;
  getBuild(request: BuildRequest, context: CallContext): Promise<Build>;
  listBuilds(request: ListBuildsRequest, context: CallContext): Promise<object>;
  cancelBuild(request: BuildRequest, context: CallContext): Promise<Build>;
  getOperation(request: { readonly name?: string }, context: CallContext): Promise<BuildOperation>;
  cancelOperation(request: { readonly name?: string }, context: CallContext): Promise<object>;
}

export function createCloudBuildCalls(service: CloudBuild, gate: Gate, project: string): CloudBuildCalls {
  const pass = <Result>(
    operation: GoogleOperation,
    request: object,
    context: CallContext,
    work: () => Result | Promise<Result>,
    permission: string,
    actAs?: string,
  ): Promise<Result> => {
    const { transport, routing, principal } = context;
    const needs = [{ permission, resource: `projects/${project}` }];
    if (actAs !== undefined) needs.push({ permission: "iam.serviceAccounts.actAs", resource: actAs });
    return gate.pass(
      {
        operation,
        transport,
        request,
        ...(routing === undefined ? {} : { routing }),
        ...(principal === undefined ? {} : { principal }),
      },
      async () => work(),
      needs,
    );
  };
  const assertRouted = (request: BuildRequest & ListBuildsRequest, { transport, routing = "" }: CallContext): void => {
    if (transport !== "grpc") return;
    const location = service.locationOf(request);
    // The routing annotations of cloudbuild.proto: without this header a call ends up in another region.
    if (location === "global" || new URLSearchParams(routing).get("location") === location) return;
    throw new GoogleError("NOT_FOUND", "Requested entity was not found.");
  };
  return {
    createBuild: (request, context) =>
      pass(
        "CreateBuild",
        request,
        context,
        () => {
          // Over gRPC an enum can have any number; the service refuses those that it does not know.
          assertCloudBuildMessage("CreateBuildRequest", request);
          assertRouted(request, context);
          return service.createBuild(request);
        },
        "cloudbuild.builds.create",
        request.build?.serviceAccount || undefined,
      ),
    getBuild: (request, context) =>
      pass(
        "GetBuild",
        request,
        context,
        () => {
          assertRouted(request, context);
          return service.getBuild(request);
        },
        "cloudbuild.builds.get",
      ),
    listBuilds: (request, context) =>
      pass(
        "ListBuilds",
        request,
        context,
        () => {
          assertRouted(request, context);
          return service.listBuilds(request);
        },
        "cloudbuild.builds.list",
      ),
    cancelBuild: (request, context) =>
      pass(
        "CancelBuild",
        request,
        context,
        () => {
          assertRouted(request, context);
          return service.cancelBuild(request);
        },
        "cloudbuild.builds.update",
      ),
    getOperation: (request, context) =>
      pass("GetOperation", request, context, () => service.getOperation(request.name ?? ""), "cloudbuild.builds.get"),
    cancelOperation: (request, context) =>
      pass(
        "CancelOperation",
        request,
        context,
        async () => {
          await service.cancelOperation(request.name ?? "");
          return {};
        },
        "cloudbuild.builds.update",
      ),
  };
}
