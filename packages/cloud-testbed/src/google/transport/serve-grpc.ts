import { connect, createServer, type Socket } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { Field, MapField, Type } from "protobufjs";
import { GoogleError } from "../google-error.ts";
import { ConnectionDropped } from "../http/serve-http.ts";
import { messageType, toAny, toBytes, toPlain } from "../proto/cloud-build-protos.ts";
import type { CloudBuildCalls } from "./cloud-build-calls.ts";

/** A gRPC server on loopback. */
export interface GrpcService {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const v1 = "google.devtools.cloudbuild.v1.CloudBuild";
const operations = "google.longrunning.Operations";

/** Serves Cloud Build v1 and its operations over gRPC without TLS. */
export async function serveGrpc(calls: CloudBuildCalls): Promise<GrpcService> {
  const server = new grpc.Server();
  let cut = (): void => undefined;
  const method = (service: string, name: string, request: string, response: string) => ({
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: object) => toBytes(messageType(request), message),
    requestDeserialize: (bytes: Buffer) => toPlain(messageType(request), bytes),
    responseSerialize: (message: object) => toBytes(messageType(response), message),
    responseDeserialize: (bytes: Buffer) => toPlain(messageType(response), bytes),
  });
  const serve =
    (run: (request: never, routing: string | undefined) => Promise<object>) =>
    (call: grpc.ServerUnaryCall<object, object>, answer: grpc.sendUnaryData<object>): void => {
      const routing = call.metadata.get("x-goog-request-params").join("&") || undefined;
      // The definition above makes the request a message of the type that the handler takes.
      run(call.request as never, routing).then(
        (message) => answer(null, message),
        (error: unknown) => {
          if (error instanceof ConnectionDropped) cut();
          else answer(statusOf(error));
        },
      );
    };
  const longrunning = "google.longrunning.Operation";
  server.addService(
    {
      CreateBuild: method(v1, "CreateBuild", "CreateBuildRequest", longrunning),
      GetBuild: method(v1, "GetBuild", "GetBuildRequest", "Build"),
      ListBuilds: method(v1, "ListBuilds", "ListBuildsRequest", "ListBuildsResponse"),
      CancelBuild: method(v1, "CancelBuild", "CancelBuildRequest", "Build"),
    },
    {
      CreateBuild: serve(async (request, routing) =>
        packed(await calls.createBuild(request, { transport: "grpc", routing })),
      ),
      GetBuild: serve((request, routing) => calls.getBuild(request, { transport: "grpc", routing })),
      ListBuilds: serve((request, routing) => calls.listBuilds(request, { transport: "grpc", routing })),
      CancelBuild: serve((request, routing) => calls.cancelBuild(request, { transport: "grpc", routing })),
    },
  );
  server.addService(
    {
      GetOperation: method(operations, "GetOperation", "google.longrunning.GetOperationRequest", longrunning),
      CancelOperation: method(
        operations,
        "CancelOperation",
        "google.longrunning.CancelOperationRequest",
        "google.protobuf.Empty",
      ),
    },
    {
      GetOperation: serve(async (request, routing) =>
        packed(await calls.getOperation(request, { transport: "grpc", routing })),
      ),
      CancelOperation: serve((request, routing) => calls.cancelOperation(request, { transport: "grpc", routing })),
    },
  );
  const inner = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  // The connection is cut in front of the server, which has no way to do it to one of its own.
  const front = await joinPort(inner);
  cut = front.cut;
  return {
    host: "127.0.0.1",
    port: front.port,
    async close() {
      server.forceShutdown();
      await front.close();
    },
  };
}

type Packed = Awaited<ReturnType<CloudBuildCalls["getOperation"]>>;

function packed({ name, done, build, error }: Packed): object {
  return {
    name,
    done,
    metadata: toAny(messageType("BuildOperationMetadata"), { build }),
    ...(done && error === undefined ? { response: toAny(messageType("Build"), build) } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

// The protos of Cloud Build do not hold google/rpc/error_details.proto.
const errorInfo = new Type("ErrorInfo")
  .add(new Field("reason", 1, "string"))
  .add(new Field("domain", 2, "string"))
  .add(new MapField("metadata", 3, "string", "string"));

/** The status of an error with its details (google.rpc.Status in `grpc-status-details-bin`). */
function statusOf(error: unknown): Partial<grpc.StatusObject> {
  if (!(error instanceof GoogleError)) {
    console.error("test-bed: Cloud Build over gRPC", error);
    return { code: grpc.status.UNKNOWN, details: `defect of the test-bed: ${String(error)}` };
  }
  const metadata = new grpc.Metadata();
  const { info, grpcCode: code, message } = error;
  if (info !== undefined) {
    const value = toBytes(errorInfo, { domain: "googleapis.com", ...info });
    const details = [{ type_url: "type.googleapis.com/google.rpc.ErrorInfo", value }];
    metadata.set("grpc-status-details-bin", toBytes(messageType("google.rpc.Status"), { code, message, details }));
  }
  return { code, details: message, metadata };
}

async function joinPort(inner: number): Promise<{ port: number; cut: () => void; close: () => Promise<void> }> {
  const open = new Set<Socket>();
  const front = createServer((incoming) => {
    const outgoing = connect(inner, "127.0.0.1");
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => front.once("error", reject).listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = front.address() as { readonly port: number };
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port,
    cut,
    async close() {
      const closed = new Promise((resolve) => front.close(resolve));
      cut();
      await closed;
    },
  };
}
