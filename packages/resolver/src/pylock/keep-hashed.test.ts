import { describe, expect, test } from "vitest";
import { hashRules, keepHashed } from "./keep-hashed.ts";
import { parsePylock } from "./parse-pylock.ts";

const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(64));
const pylock = parsePylock(
  `lock-version = "1.0"
[[packages]]
name = "Demo"
version = "1.0"
wheels = [
  { url = "https://x.dev/demo-1.0-py3-none-any.whl", hashes = { sha256 = "${a}" } },
  { url = "https://x.dev/demo-1.0-cp312-cp312-linux_x86_64.whl", hashes = { sha256 = "${b}" } },
]
[[packages]]
name = "other"
version = "2.0"
wheels = [{ url = "https://x.dev/other-2.0-py3-none-any.whl", hashes = { sha256 = "${c}" } }]
`,
  "pylock.toml",
  new URL("file:///"),
);

function kept(...lines: readonly string[]) {
  const { packages } = keepHashed(pylock, hashRules(lines), "requirements.txt");
  return packages.map(({ wheels }) => wheels.map(({ sha256 }) => sha256?.[0]).join(""));
}

describe("keepHashed", () => {
  test("leaves only the files with a hash that is allowed", () => {
    expect(kept("demo==1.0", "other")).toEqual(["ab", "c"]);
    expect(kept(`demo==1.0 --hash=sha256:${a}`, "other")).toEqual(["a", "c"]);
    expect(kept(`demo==1.0 --hash=sha256:${a} --hash=sha256:${b}`, `other --hash=sha256:${c}`)).toEqual(["ab", "c"]);
  });

  test("wants a hash for everything as soon as every line has one, or --require-hashes says so", () => {
    const line = `demo==1.0 --hash=sha256:${a}`;
    expect(() => kept(line)).toThrow(expect.objectContaining({ code: "SPEC_REQUIREMENT" }));
    const rules = hashRules(["demo"], ["--require-hashes"]);
    expect(() => keepHashed(pylock, rules, "requirements.txt")).toThrow('"demo" would be installed');
  });

  test("says when the index has other files, and which hashes cannot be compared", () => {
    expect(() => kept(`demo==1.0 --hash=sha256:${"f".repeat(64)}`, "other")).toThrow(
      expect.objectContaining({ code: "WHEEL_HASH_MISMATCH" }),
    );
    expect(() => kept(`demo==1.0 --hash=sha512:${"f".repeat(128)}`)).toThrow("no sha256");
  });
});
