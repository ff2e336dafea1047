import { proto } from "./proto.ts";

/** The shapes of the messages in {@link proto}; the names of fields are BuildKit's. 64-bit integers are numbers when read. */
export interface MessageTypes {
  readonly Empty: Readonly<Record<string, never>>;
  readonly HealthCheckResponse: { readonly status: number };
  readonly Status: { readonly code: number; readonly message: string; readonly details: readonly AnyMessage[] };
  readonly GetSecretRequest: { readonly ID: string };
  readonly GetSecretResponse: { readonly data: Uint8Array };
  readonly CredentialsRequest: { readonly Host: string };
  readonly CredentialsResponse: { readonly Username: string; readonly Secret: string };
  readonly BytesMessage: { readonly data: Uint8Array };
  readonly Packet: PacketMessage;
  readonly SolveRequest: SolveRequestMessage;
  readonly SolveResponse: { readonly ExporterResponse: Readonly<Record<string, string>> };
  readonly StatusRequest: { readonly Ref: string };
  readonly StatusResponse: StatusResponseMessage;
  readonly ListWorkersResponse: { readonly record: readonly WorkerMessage[] };
  readonly InfoResponse: { readonly buildkitVersion: BuildkitVersionMessage | null };
}

export interface AnyMessage {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** A 64-bit integer to be written, in two halves of 32 bits. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export interface StatMessage {
  readonly path: string;
  readonly mode: number;
  readonly size: number | Int64;
  /** Nanoseconds since the epoch. */
  readonly modTime: number | Int64;
  readonly linkname: string;
}

export interface PacketMessage {
  readonly type: number;
  readonly stat: StatMessage | null;
  readonly ID: number;
  readonly data: Uint8Array;
}

export interface EntryMessage {
  readonly Type: string;
  readonly Attrs: Readonly<Record<string, string>>;
}

export interface SolveRequestMessage {
  readonly Ref: string;
  readonly Session: string;
  readonly Frontend: string;
  readonly FrontendAttrs: Readonly<Record<string, string>>;
  readonly ExporterDeprecated: string;
  readonly ExporterAttrsDeprecated: Readonly<Record<string, string>>;
  readonly Exporters: readonly EntryMessage[];
  readonly Cache: { readonly Exports: readonly EntryMessage[]; readonly Imports: readonly EntryMessage[] };
  readonly Entitlements: readonly string[];
  /** Leaves no entry in the daemon's history of builds. */
  readonly Internal: boolean;
}

export interface TimestampMessage {
  readonly seconds: number;
  readonly nanos: number;
}

export interface VertexMessage {
  readonly digest: string;
  readonly inputs: readonly string[];
  readonly name: string;
  readonly cached: boolean;
  readonly started: TimestampMessage | null;
  readonly completed: TimestampMessage | null;
  readonly error: string;
  readonly progressGroup: { readonly id: string; readonly name: string; readonly weak: boolean } | null;
}

export interface VertexStatusMessage {
  readonly ID: string;
  readonly vertex: string;
  readonly name: string;
  readonly current: number;
  readonly total: number;
  readonly timestamp: TimestampMessage | null;
  readonly started: TimestampMessage | null;
  readonly completed: TimestampMessage | null;
}

export interface StatusResponseMessage {
  readonly vertexes: readonly VertexMessage[];
  readonly statuses: readonly VertexStatusMessage[];
  readonly logs: readonly {
    readonly vertex: string;
    readonly timestamp: TimestampMessage | null;
    readonly stream: number;
    readonly msg: Uint8Array;
  }[];
  readonly warnings: readonly {
    readonly vertex: string;
    readonly level: number;
    readonly short: Uint8Array;
    readonly detail: readonly Uint8Array[];
    readonly url: string;
  }[];
}

export interface BuildkitVersionMessage {
  readonly package: string;
  readonly version: string;
  readonly revision: string;
}

export interface WorkerMessage {
  readonly ID: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly platforms: readonly { readonly Architecture: string; readonly OS: string; readonly Variant: string }[];
  readonly BuildkitVersion: BuildkitVersionMessage | null;
}

/** Writes and reads one kind of message. */
export interface Codec<Message> {
  /** Fields that are left out are written as their defaults: not at all. */
  encode(message: Partial<Message>): Uint8Array;
  /** Every field is there: defaults for what was not sent, null for messages that were not. @throws Error for damaged bytes */
  decode(bytes: Uint8Array): Message;
}

/** A codec for each message. */
export type Messages = { readonly [Name in keyof MessageTypes]: Codec<MessageTypes[Name]> };

let loading: Promise<Messages> | undefined;

/** The codecs; the library behind them is loaded at the first call. */
export function loadMessages(): Promise<Messages> {
  loading ??= createMessages();
  return loading;
}

async function createMessages(): Promise<Messages> {
  const { default: protobuf } = await import("protobufjs");
  const { root } = protobuf.parse(proto, { keepCase: true });
  const codec = <Name extends keyof MessageTypes>(name: Name): Codec<MessageTypes[Name]> => {
    const type = root.lookupType(name);
    return {
      encode: (message) => type.encode(message).finish(),
      decode: (bytes) =>
        // With defaults, arrays and objects every field of the declaration is there, and MessageTypes says the same as the declaration.
        type.toObject(type.decode(bytes), {
          longs: Number,
          defaults: true,
          arrays: true,
          objects: true,
        }) as MessageTypes[Name],
    };
  };
  return {
    Empty: codec("Empty"),
    HealthCheckResponse: codec("HealthCheckResponse"),
    Status: codec("Status"),
    GetSecretRequest: codec("GetSecretRequest"),
    GetSecretResponse: codec("GetSecretResponse"),
    CredentialsRequest: codec("CredentialsRequest"),
    CredentialsResponse: codec("CredentialsResponse"),
    BytesMessage: codec("BytesMessage"),
    Packet: codec("Packet"),
    SolveRequest: codec("SolveRequest"),
    SolveResponse: codec("SolveResponse"),
    StatusRequest: codec("StatusRequest"),
    StatusResponse: codec("StatusResponse"),
    ListWorkersResponse: codec("ListWorkersResponse"),
    InfoResponse: codec("InfoResponse"),
  };
}
