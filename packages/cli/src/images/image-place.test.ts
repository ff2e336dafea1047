import { isImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { formatPlace, type ImagePlace, parsePlace, selectorOf } from "./image-place.ts";

const cwd = "/project";
const sha = `sha256:${"a".repeat(64)}`;

test.each([
  [
    "python:3.12",
    { kind: "reference", reference: { registry: "docker.io", repository: "library/python", tag: "3.12" } },
  ],
  // The official image of that name, not a kind of place.
  ["registry:2", { kind: "reference", reference: { registry: "docker.io", repository: "library/registry", tag: "2" } }],
  ["docker://r.dev/a:1", { kind: "registry", reference: { registry: "r.dev", repository: "a", tag: "1" } }],
  ["local-store:a/b:1", { kind: "local-store", reference: { registry: "docker.io", repository: "a/b", tag: "1" } }],
  ["oci-layout:out", { kind: "oci-layout", path: "/project/out", name: undefined }],
  ["oci-layout=out:a/b:v1", { kind: "oci-layout", path: "/project/out", name: "a/b:v1" }],
  [`oci-layout:/abs:${sha}`, { kind: "oci-layout", path: "/abs", name: sha }],
  ["./out", { kind: "oci-layout", path: "/project/out", name: undefined }],
  ["../out", { kind: "oci-layout", path: "/out", name: undefined }],
  ["out/", { kind: "oci-layout", path: "/project/out", name: undefined }],
  ["a.tar", { kind: "docker-archive", path: "/project/a.tar", name: undefined }],
  ["/x/a.tar.gz:acme/x:1", { kind: "docker-archive", path: "/x/a.tar.gz", name: "acme/x:1" }],
  ["docker-archive:image:acme/x:1", { kind: "docker-archive", path: "/project/image", name: "acme/x:1" }],
])("%s", (text, expected) => {
  expect(parsePlace(text, cwd)).toEqual(expected);
});

test.each([
  ["oci-layout:", "CLI_USAGE"],
  ["local-store:", "CLI_USAGE"],
  ["docker://", "REFERENCE_INVALID"],
  ["local-store:No", "REFERENCE_INVALID"],
  ["UPPER", "REFERENCE_INVALID"],
])("%s is refused", (text, code) => {
  let caught: unknown;
  try {
    parsePlace(text, cwd);
  } catch (error) {
    caught = error;
  }
  expect(isImageSpecError(caught) && caught.code).toBe(code);
});

test("a place is written the way it is read", () => {
  for (const text of ["local-store:acme/x:1", "docker://r.dev/a:1", "oci-layout:/out:a:1", "docker-archive:/a:b:1"]) {
    // None of these is a reference alone.
    const place = parsePlace(text, cwd) as ImagePlace;
    expect(text.endsWith(formatPlace(place))).toBe(true);
  }
});

test("a name inside a layout may be a digest", () => {
  expect(selectorOf(sha)).toEqual({ digest: sha });
  expect(selectorOf("sha256:abc")).toEqual({ tag: "sha256:abc" });
});
