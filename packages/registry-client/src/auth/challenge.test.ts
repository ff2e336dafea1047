import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

test("reads the parameters of a bearer challenge", () => {
  const header = 'Bearer realm="https://auth.acme.dev/token",service="acme",scope="repository:a/b:pull,push"';
  expect(parseChallenges(header)).toEqual([
    {
      scheme: "bearer",
      parameters: { realm: "https://auth.acme.dev/token", service: "acme", scope: "repository:a/b:pull,push" },
    },
  ]);
});

test("reads several challenges of one header", () => {
  const header = 'Negotiate, Negotiate abc==, Basic realm="a, b=\\"c\\"", charset=UTF-8 , bearer Realm = "r"';
  expect(parseChallenges(header)).toEqual([
    { scheme: "negotiate", parameters: {} },
    { scheme: "negotiate", parameters: {} },
    { scheme: "basic", parameters: { realm: 'a, b="c"', charset: "UTF-8" } },
    { scheme: "bearer", parameters: { realm: "r" } },
  ]);
});

test("stops at what is no challenge", () => {
  expect(parseChallenges("")).toEqual([]);
  expect(parseChallenges('realm="x"')).toEqual([]);
  expect(parseChallenges('"')).toEqual([]);
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const challenge = fc.record({
  scheme: name,
  parameters: fc.dictionary(name, fc.string({ unit: "grapheme-ascii" }), { minKeys: 1, maxKeys: 4 }),
});

test("reads back what was written, whatever the values hold", () => {
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
      const header = challenges
        .map(({ scheme, parameters }) => {
          const written = Object.entries(parameters).map(
            ([key, value]) => `${key}="${value.replace(/["\\]/g, "\\$&")}"`,
          );
          return `${scheme} ${written.join(", ")}`;
        })
        .join(", ");
      expect(parseChallenges(header)).toEqual(challenges);
    }),
  );
});

test("ends for any text", () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
});
