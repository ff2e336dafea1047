import { expect, test } from "vitest";
import { parsePylock } from "./parse-pylock.ts";

const parse = (wheel: string) =>
  parsePylock(
    `lock-version = "1.0"\n[[packages]]\nname = "six"\nwheels = [{ ${wheel} }]\n`,
    "pylock.toml",
    new URL("file:///work/"),
  ).packages[0]?.wheels[0];

test("a file has its name from its URL or path, unless it is given", () => {
  expect(parse('url = "https://a.dev/x/six%2B1.whl"')).toMatchObject({ filename: "six+1.whl" });
  expect(parse('path = "wheels/six.whl"')).toMatchObject({ filename: "six.whl", url: "file:///work/wheels/six.whl" });
  expect(parse('url = "https://a.dev/x", name = "six.whl"')).toMatchObject({ filename: "six.whl" });
});

test.each(['url = "http://["', 'url = "six.whl"', 'url = "https://a.dev/%zz.whl"', 'path = "http://["'])(
  "refuses what is no place of a file: %s",
  (wheel) => {
    expect(() => parse(wheel)).toThrow(expect.objectContaining({ code: "LOCK_INVALID" }));
  },
);
