import { expect, test } from "vitest";
import { type Token, TokenCache } from "./token-cache.ts";

const pull = ["repository:a:pull"];
const push = ["repository:a:pull,push"];
const other = ["repository:b:pull"];

/** Fetches `1`, `2`, `3`, … */
function tokens(): () => Promise<Token> {
  let count = 0;
  return async () => ({ value: String(++count), expiresAt: Number.POSITIVE_INFINITY });
}

test("a refused token takes those with it that would be sent instead", async () => {
  const cache = new TokenCache();
  const fetch = tokens();
  for (const scopes of [pull, push, other]) await cache.get(scopes, fetch);
  expect((await cache.get(pull, fetch)).value).toBe("1");
  cache.forget("1");
  expect((await cache.get(pull, fetch)).value).toBe("4");
  expect((await cache.get(push, fetch)).value).toBe("5");
  expect((await cache.get(other, fetch)).value).toBe("3");
});

test("a refusal that comes late leaves the new token alone", async () => {
  const cache = new TokenCache();
  const fetch = tokens();
  await cache.get(pull, fetch);
  cache.forget("1");
  const renewed = cache.get(pull, fetch);
  cache.forget("1");
  expect((await cache.get(pull, fetch)).value).toBe("2");
  cache.forget("1");
  expect(await cache.get(pull, fetch)).toBe(await renewed);
});

test("a token that is being fetched outlives the refusal of an older one", async () => {
  const cache = new TokenCache();
  const fetch = tokens();
  await cache.get(pull, fetch);
  const newer = cache.get(push, fetch);
  cache.forget("1");
  expect(await cache.get(pull, fetch)).toBe(await newer);
});
