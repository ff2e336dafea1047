import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRoute } from "./route.ts";

describe("parseRoute", () => {
  test.each([
    ["/v2", { kind: "ping" }],
    ["/v2/", { kind: "ping" }],
    ["/token", { kind: "token" }],
    ["/v2/_catalog", { kind: "catalog" }],
    ["/v2/a/tags/list", { kind: "tags", repository: "a" }],
    ["/v2/a/b/blobs/uploads/", { kind: "uploads", repository: "a/b" }],
    ["/v2/a/b/blobs/uploads", { kind: "uploads", repository: "a/b" }],
    ["/v2/a/b/blobs/uploads/x", { kind: "upload", repository: "a/b", id: "x" }],
    ["/v2/a/blobs/manifests/latest", { kind: "manifest", repository: "a/blobs", reference: "latest" }],
    ["/v2/tags/list/tags/list", { kind: "tags", repository: "tags/list" }],
    ["/v2/manifests/manifests/manifests", { kind: "manifest", repository: "manifests", reference: "manifests" }],
    ["/v2//manifests/latest", { kind: "manifest", repository: "", reference: "latest" }],
    ["/v2/manifests/latest", undefined],
    ["/v2/a/tags/other", undefined],
    ["/v2/a", undefined],
    ["/", undefined],
    ["", undefined],
  ])("%s", (path, expected) => {
    expect(parseRoute(path)).toEqual(expected);
  });

  const name = fc.array(fc.constantFrom("blobs", "uploads", "manifests", "tags", "list", "referrers", "a"), {
    minLength: 1,
    maxLength: 4,
  });

  test("finds the repository whatever its components are called", () => {
    fc.assert(
      fc.property(name, fc.constantFrom("latest", "sha256:ab"), (parts, reference) => {
        const repository = parts.join("/");
        fc.pre(!repository.endsWith("blobs/uploads") && !repository.endsWith("uploads"));
        expect(parseRoute(`/v2/${repository}/manifests/${reference}`)).toEqual({
          kind: "manifest",
          repository,
          reference,
        });
        expect(parseRoute(`/v2/${repository}/blobs/${reference}`)).toEqual({
          kind: "blob",
          repository,
          digest: reference,
        });
      }),
    );
  });
});
