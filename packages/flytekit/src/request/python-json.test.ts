import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pythonRepr } from "../python/python-repr.ts";
import { CopyMode, PythonFloat, PythonTuple, type PythonValue } from "../python/python-value.ts";
import { flytekitFields } from "../spec/flytekit-spec.ts";
import { isFlytekitRequest, parseFlytekitRequest } from "./flytekit-request.ts";
import { flytekitRequestSchema } from "./flytekit-request-schema.ts";
import { decodePython, decodeSpec, encodePython, encodeSpec } from "./python-json.ts";

const { value } = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.double().map((number) => new PythonFloat(number)),
    fc.constantFrom(CopyMode.ALL, CopyMode.NO_COPY),
    fc.array(tie("value")),
    fc.array(tie("value")).map((items) => new PythonTuple(items)),
    fc.array(fc.tuple(fc.oneof(fc.string(), fc.integer().map(String)), tie("value"))).map((items) => new Map(items)),
  ),
}));

describe("Python values as JSON", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(value, (given) => {
        const json = JSON.parse(JSON.stringify(encodePython(given)));
        expect(pythonRepr(decodePython(json, "x"), "3.11")).toBe(pythonRepr(given, "3.11"));
      }),
    );
  });

  test("so do nested specs", () => {
    const spec = { name: "a", base_image: { name: "b", env: new Map([["1", "x"]]) }, copy: null };
    expect(decodeSpec(JSON.parse(JSON.stringify(encodeSpec(spec))), "spec")).toEqual(spec);
  });

  test.each([
    [{ $py: "set", items: [] }, 'x: a Python value of kind "set" cannot be read'],
    [{ $py: "float", repr: "one" }, 'x: "one" is not a float'],
    [{ $py: "CopyFileDetection", name: "SOME" }, 'x: "SOME" is not a copy mode'],
    [{ $py: "date", iso: "2024-02-30" }, 'x: "2024-02-30" is not a date'],
  ])("%j is refused", (json, message) => {
    expect(() => decodePython(json, "x")).toThrow(message);
  });
});

describe("a request", () => {
  const request = { contract: 1, flytekit: "1.16.31", python: "3.11", spec: { name: "a" } };

  test("is read, with what it leaves out", () => {
    const text = JSON.stringify(request);
    expect(isFlytekitRequest(text)).toBe(true);
    expect(isFlytekitRequest('{"name": "j"}')).toBe(false);
    expect(isFlytekitRequest("{name: j}")).toBe(false);
    expect(parseFlytekitRequest(text, { file: "-" })).toMatchObject({
      version: "1.16.31",
      python: "3.11",
      id: undefined,
      tag: undefined,
      spec: { name: "a" },
    });
    expect(
      parseFlytekitRequest(JSON.stringify({ ...request, id: null, requirement: null }), { file: "-" }),
    ).toMatchObject({
      id: null,
      requirement: null,
    });
  });

  test("tells everything that is wrong with it", () => {
    const wrong = {
      ...request,
      contract: 2,
      root: "relative",
      profile: "docker",
      loaded_modules: [1],
      more: 1,
      spec: [],
    };
    try {
      parseFlytekitRequest(JSON.stringify(wrong), { file: "r.json" });
      expect.unreachable();
    } catch (error) {
      const { code, problems } = error as {
        readonly code: string;
        readonly problems: readonly { readonly path: string }[];
      };
      expect(code).toBe("FLYTEKIT_UNSUPPORTED");
      expect(problems.map(({ path }) => path)).toEqual([
        "more",
        "contract",
        "root",
        "profile",
        "loaded_modules",
        "spec",
      ]);
    }
  });

  test("has a schema with every field and kind", () => {
    const text = JSON.stringify(flytekitRequestSchema);
    for (const field of flytekitFields) expect(text).toContain(`"${field}":{`);
    for (const kind of ["float", "int", "tuple", "dict", "CopyFileDetection", "date", "datetime", "bytes", "ImageSpec"])
      expect(text).toContain(`{"$py":{"const":"${kind}"}`.slice(0, -1));
  });
});
