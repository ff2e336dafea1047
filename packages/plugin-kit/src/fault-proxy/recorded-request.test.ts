import { registerSecret } from "@imagespec/errors";
import { expect, test } from "vitest";
import { headersWithoutSecrets } from "./recorded-request.ts";

test("of credentials only the scheme is kept", () => {
  const forget = registerSecret("topsecretvalue");
  const kept = headersWithoutSecrets({
    authorization: "Bearer abc.def",
    "proxy-authorization": "Basic YTpi",
    cookie: "session=1",
    "x-note": "topsecretvalue",
    accept: "a, b",
    "set-cookie": ["x", "y"],
  });
  forget();
  expect(kept).toEqual({
    authorization: "Bearer ***",
    "proxy-authorization": "Basic ***",
    cookie: "***",
    "x-note": "***",
    accept: "a, b",
    "set-cookie": "x, y",
  });
  expect(headersWithoutSecrets({ authorization: "opaque" })).toEqual({ authorization: "***" });
});
