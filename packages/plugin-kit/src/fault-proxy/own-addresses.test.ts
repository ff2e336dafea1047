import { expect, test } from "vitest";
import { withOwnAddresses } from "./own-addresses.ts";

const target = new URL("http://10.0.0.5:5000");
const own = "https://proxy.dev:8443";

test.each([
  [
    "location",
    "http://10.0.0.5:5000/v2/a/blobs/uploads/1?_state=a%2Bb%20c",
    `${own}/v2/a/blobs/uploads/1?_state=a%2Bb%20c`,
  ],
  ["location", "/v2/a/blobs/uploads/1", "/v2/a/blobs/uploads/1"],
  ["location", "http://10.0.0.5:50001/x", "http://10.0.0.5:50001/x"],
  ["location", "http://10x0.0.5:5000/x", "http://10x0.0.5:5000/x"],
  ["location", "http://10.0.0.5:5000", own],
  ["link", '<http://10.0.0.5:5000/v2/_catalog?last=b>; rel="next"', `<${own}/v2/_catalog?last=b>; rel="next"`],
  [
    "www-authenticate",
    'Bearer realm="http://10.0.0.5:5000/token",service="http://other.dev"',
    `Bearer realm="${own}/token",service="http://other.dev"`,
  ],
  ["x-other", "http://10.0.0.5:5000/x", "http://10.0.0.5:5000/x"],
])("%s: %s", (name, value, expected) => {
  expect(withOwnAddresses({ [name]: value, etag: "1" }, target, own)).toEqual({ [name]: expected, etag: "1" });
});
