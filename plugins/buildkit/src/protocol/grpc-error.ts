/** The numbers of gRPC's status codes that are spoken of here. */
export const grpcCodes: {
  readonly ok: 0;
  readonly cancelled: 1;
  readonly unknown: 2;
  readonly notFound: 5;
  readonly unimplemented: 12;
  readonly internal: 13;
  readonly unavailable: 14;
} = { ok: 0, cancelled: 1, unknown: 2, notFound: 5, unimplemented: 12, internal: 13, unavailable: 14 };

/** A call that ended with a status other than OK. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  /** The encoded google.rpc.Status of the trailer `grpc-status-details-bin`. */
  readonly details: Uint8Array | undefined;

  constructor(code: number, message: string, details?: Uint8Array) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** A call's end as it stands in the trailers; `undefined` when there is no status in them. */
export function statusOfHeaders(
  headers: Readonly<Record<string, string | readonly string[] | number | boolean | undefined>>,
): { readonly code: number; readonly error: GrpcError | undefined } | undefined {
  const status = headers["grpc-status"];
  if (status === undefined) return undefined;
  const code = Number(status);
  if (code === grpcCodes.ok) return { code, error: undefined };
  const details = headers["grpc-status-details-bin"];
  const message = decodeGrpcMessage(String(headers["grpc-message"] ?? ""));
  return {
    code,
    error: new GrpcError(
      Number.isInteger(code) ? code : grpcCodes.unknown,
      message === "" ? `gRPC status ${String(status)}` : message,
      typeof details === "string" ? Buffer.from(details, "base64") : undefined,
    ),
  };
}

/** Undoes the percent-encoding of `grpc-message`; what is not well encoded stays as it is, as the specification asks. */
export function decodeGrpcMessage(encoded: string): string {
  const bytes = encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // Header values arrive with one character per byte.
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Percent-encodes a text for `grpc-message`. */
export function encodeGrpcMessage(message: string): string {
  return [...Buffer.from(message, "utf8")]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25
        ? `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte),
    )
    .join("");
}
