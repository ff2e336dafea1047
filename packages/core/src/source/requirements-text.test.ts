import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorOf } from "../testing/error-of.ts";
import { parseRequirementsText } from "./requirements-text.ts";

const hash = `sha256:${"a".repeat(64)}`;

test("reads comments, continued lines, hashes, includes and options", () => {
  const text = [
    "\uFEFF# heading",
    "NumPy == 2.1.0 \\",
    `    --hash=${hash} \\`,
    "    # inside",
    `    --hash=sha256:${"B".repeat(64)}`,
    "",
    "pandas>=2 # why",
    "x @ https://example.com/x.whl#sha256=abc",
    "-r more.txt",
    "-cconstraints.txt",
    "--requirement=other.txt",
    "-i https://a.dev/simple",
    "--extra-index-url https://b.dev/simple",
    "--pre",
    "--no-binary lxml",
    "-f https://c.dev/links",
    'y; python_version < "3.11"',
  ].join("\r\n");
  expect(parseRequirementsText(text, "r.txt")).toEqual([
    { kind: "requirement", line: 2, text: `numpy==2.1.0 --hash=${hash} --hash=sha256:${"b".repeat(64)}` },
    { kind: "requirement", line: 7, text: "pandas>=2" },
    { kind: "requirement", line: 8, text: "x @ https://example.com/x.whl#sha256=abc" },
    { kind: "include", line: 9, as: "requirement", path: "more.txt" },
    { kind: "include", line: 10, as: "constraint", path: "constraints.txt" },
    { kind: "include", line: 11, as: "requirement", path: "other.txt" },
    { kind: "index", line: 12, url: "https://a.dev/simple" },
    { kind: "extra-index", line: 13, url: "https://b.dev/simple" },
    { kind: "option", line: 14, words: ["--pre"] },
    { kind: "option", line: 15, words: ["--no-binary", "lxml"] },
    { kind: "option", line: 16, words: ["--find-links", "https://c.dev/links"] },
    { kind: "requirement", line: 17, text: 'y; python_version < "3.11"' },
  ]);
});

describe("refuses with file and line", () => {
  test.each([
    ["-e .", "installs a project of this machine", "sourceRoot"],
    ["--editable=./x", "installs a project of this machine", "sourceRoot"],
    ["./local", "is a path", "sourceRoot"],
    [`x @ https://u:${"$"}{TOKEN}@h.dev/x.whl`, `${"$"}{TOKEN}`, "secrets"],
    ["--trusted-hots a", "not an option", "--trusted-host"],
    ["--pre x", "goes on after", "one option"],
    ["--no-binary", "needs one value", "value"],
    ["-f ./wheels", "folder of this machine", "https"],
    ["-i pypi.org", "not an http", "https"],
    ["numpy=1", "no comparison", "numpy==1"],
    ["numpy --config-settings x", "cannot follow", "--hash"],
  ])("%s", async (line, message, hint) => {
    const error = await errorOf(() => parseRequirementsText(`\n${line}\n`, "sub/r.txt"));
    expect(error.code).toBe("SPEC_REQUIREMENT");
    expect(error.message).toContain("sub/r.txt:2");
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.details).toMatchObject({ file: "sub/r.txt", line: 2 });
  });

  test("every wrong line at once", async () => {
    const error = await errorOf(() => parseRequirementsText("a=1\nb\nc=2", "r.txt"));
    expect(error.problems).toHaveLength(2);
  });
});

test("any text is read or explained", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "-", "-r", " ", "\\", "\n", "#", "=", "==1", "--hash", "'", "$"), {
        maxLength: 20,
      }),
      (parts) => {
        try {
          parseRequirementsText(parts.join(""), "r.txt");
        } catch (error) {
          expect(error).toMatchObject({ code: "SPEC_REQUIREMENT" });
        }
      },
    ),
    { numRuns: 500 },
  );
});
