import { ImageSpecError } from "@imagespec/errors";
import { expect, it } from "vitest";
import { engineConnectionError } from "./engine-connection-error.ts";

it.each([
  ["ENOENT", "ENGINE_DOWN"],
  ["ECONNREFUSED", "ENGINE_DOWN"],
  ["ETIMEDOUT", "ENGINE_DOWN"],
  ["EACCES", "ENGINE_PERMISSION"],
  ["ECONNRESET", "ENGINE_LOST"],
  ["EPROTO", "ENGINE_UNSUPPORTED"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "ENGINE_UNSUPPORTED"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "ENGINE_UNSUPPORTED"],
])("%s is %s", (code, expected) => {
  const cause = Object.assign(new Error("connect"), { code });
  expect(engineConnectionError("tcp://h", cause)).toMatchObject({
    code: expected,
    cause,
    details: { host: "tcp://h" },
  });
});

it("leaves other errors alone", () => {
  const own = new ImageSpecError("DIGEST_MISMATCH", "no");
  expect(engineConnectionError("tcp://h", own)).toBe(own);
});
