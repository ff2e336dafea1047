import { expect, test } from "vitest";
import { createTokenSigner } from "./token.ts";

const access = [{ type: "repository", name: "a", actions: ["pull"] }] as const;

test("a token is valid until it expires", () => {
  let now = 1_000_000;
  const signer = createTokenSigner("service", 60, () => now);
  const { token } = signer.sign("alice", access);
  expect(signer.verify(token)).toMatchObject({ sub: "alice", aud: "service", access });
  now += 59_000;
  expect(signer.verify(token)).toBeDefined();
  now += 1_000;
  expect(signer.verify(token)).toBeUndefined();
});

test("a token that was changed or signed elsewhere is not valid", () => {
  const signer = createTokenSigner("service", 60);
  const { token } = signer.sign("alice", access);
  const [header, , signature] = token.split(".");
  const forged = Buffer.from(JSON.stringify({ sub: "root", exp: 9e9, access })).toString("base64url");
  expect(signer.verify(`${header}.${forged}.${signature}`)).toBeUndefined();
  expect(signer.verify(`${header}.${forged}.`)).toBeUndefined();
  expect(signer.verify(`${token}a`)).toBeUndefined();
  expect(signer.verify("")).toBeUndefined();
  expect(createTokenSigner("service", 60).verify(token)).toBeUndefined();
});
