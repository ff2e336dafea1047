import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeGrpcMessage, encodeGrpcMessage, GrpcError, statusOfHeaders } from "./grpc-error.ts";

test("any text survives as a message", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const encoded = encodeGrpcMessage(text);
      expect(encoded).toMatch(/^[ -~]*$/);
      expect(decodeGrpcMessage(encoded)).toBe(text);
    }),
  );
});

test("a percent sign that encodes nothing stays", () => {
  expect(decodeGrpcMessage("100% of %zz %C3%A4")).toBe("100% of %zz ä");
});

test("statuses", () => {
  expect(statusOfHeaders({})).toBeUndefined();
  expect(statusOfHeaders({ "grpc-status": "0" })).toEqual({ code: 0, error: undefined });
  const failed = statusOfHeaders({ "grpc-status": "5", "grpc-message": "a%20b", "grpc-status-details-bin": "AQI" });
  expect(failed?.error).toBeInstanceOf(GrpcError);
  expect(failed?.error).toMatchObject({ code: 5, message: "a b", details: Buffer.from([1, 2]) });
  expect(statusOfHeaders({ "grpc-status": "13" })?.error?.message).toBe("gRPC status 13");
});
