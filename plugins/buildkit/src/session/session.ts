import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { ContextEntry } from "@imagespec/dockerfile";
import { digestHex, digestOf } from "@imagespec/oci";
import { GrpcError, grpcCodes } from "../protocol/grpc-error.ts";
import { type GrpcHandler, type GrpcServer, serveGrpc } from "../protocol/grpc-server.ts";
import type { Messages } from "../protocol/messages.ts";
import { metadataValues } from "../protocol/metadata.ts";
import { selectEntries } from "./select-entries.ts";
import { type SentContent, sendTree } from "./send-tree.ts";
import { credentialsHandler, healthHandler, receiveHandler, secretHandler } from "./services.ts";
import { createTree } from "./tree.ts";

/** What the daemon may ask for while it builds. */
export interface SessionServices {
  /** By name: `context` and `dockerfile` for the Dockerfile frontend. */
  readonly folders: Readonly<Record<string, readonly ContextEntry[]>>;
  readonly sharedKey: string;
  readonly secret: (id: string) => Promise<Uint8Array | undefined>;
  readonly credentials: (host: string) => Promise<{ readonly username: string; readonly secret: string } | undefined>;
  /** Takes the archive of an exporter that sends one. */
  readonly receive?: (archive: AsyncIterable<Uint8Array>) => Promise<void>;
  /** A folder, or a part of it, was transferred. */
  readonly onSent: (folder: string, sent: SentContent, paths: readonly string[]) => void;
  /** Something on our side failed; the daemon would only say that a call failed. */
  readonly onFailure: (error: unknown) => void;
}

/** A session: what we serve to the daemon for the length of one build. */
export interface Session {
  readonly id: string;
  /** Announces it; methods that are not in here are never called. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Serves on a byte stream, once. */
  serve(stream: Duplex): GrpcServer;
}

const paths = {
  health: "/grpc.health.v1.Health/Check",
  secret: "/moby.buildkit.secrets.v1.Secrets/GetSecret",
  credentials: "/moby.filesync.v1.Auth/Credentials",
  files: "/moby.filesync.v1.FileSync/DiffCopy",
  receive: "/moby.filesync.v1.FileSend/DiffCopy",
} as const;

export function createSession(services: SessionServices, messages: Messages): Session {
  const id = randomBytes(16).toString("hex");
  const handlers = new Map<string, GrpcHandler>([
    [paths.health, healthHandler(messages)],
    [paths.secret, secretHandler(messages, services.secret)],
    [paths.credentials, credentialsHandler(messages, services.credentials)],
    [paths.files, filesHandler(services, messages)],
  ]);
  if (services.receive !== undefined) handlers.set(paths.receive, receiveHandler(messages, services.receive));
  return {
    id,
    headers: {
      "x-docker-expose-session-uuid": id,
      "x-docker-expose-session-name": "imagespec",
      // Any text will do as a key, but not every text as a header.
      "x-docker-expose-session-sharedkey": digestHex(digestOf(services.sharedKey)),
      "x-docker-expose-session-grpc-method": [...handlers.keys()],
    },
    serve: (stream) => serveGrpc(stream, handlers, services.onFailure),
  };
}

function filesHandler(services: SessionServices, messages: Messages): GrpcHandler {
  const trees = new Map(Object.entries(services.folders).map(([name, entries]) => [name, createTree(entries)]));
  return async (call) => {
    const name = metadataValues(call.metadata, "dir-name")[0] ?? "";
    const tree = trees.get(name);
    if (tree === undefined) throw new GrpcError(grpcCodes.notFound, `no access allowed to dir "${name}"`);
    const follow = metadataValues(call.metadata, "followpaths");
    const selected = selectEntries(tree, {
      follow,
      include: metadataValues(call.metadata, "include-patterns"),
      exclude: metadataValues(call.metadata, "exclude-patterns"),
    });
    services.onSent(name, await sendTree(call, messages.Packet, selected), follow);
  };
}
