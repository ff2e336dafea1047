import { expect, test } from "vitest";
import { textEntry } from "../context/text-entry.ts";
import { sdistOf, wheelOf } from "../testing/plan-input.ts";
import { requirementLines } from "./requirement-lines.ts";

const none = { requirementLines: [], constraintLines: [], lock: undefined, pipIndex: undefined, pipExtraIndexUrl: [] };
const hash = (name: string) => Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);

test("by name and version, with the hash of the file", () => {
  const lines = requirementLines(none, "", new Map());
  expect(lines.of(wheelOf("six", "1.17.0"))).toBe(`six==1.17.0 --hash=sha256:${hash("six")}`);
  expect(lines.of(sdistOf("lxml", "6.0"))).toBe(`lxml==6.0 --hash=sha256:${hash("lxml")}`);
});

test("by URL where the spec names it", () => {
  const six = wheelOf("six", "1.17.0");
  const spec = { ...none, requirementLines: [`six[extra] @ ${six.wheel?.url}#egg=six ; python_version > "3"`] };
  expect(requirementLines(spec, "", new Map()).of(six)).toBe(`six @ ${six.wheel?.url}#sha256=${hash("six")}`);
});

test("a repository, and a folder in an archive", () => {
  const lines = requirementLines(none, "", new Map());
  const git = { kind: "git", url: "https://git.acme.dev/x", commit: "abc", subdirectory: "py" } as const;
  expect(lines.of({ name: "x", version: "", sdist: git })).toBe("x @ git+https://git.acme.dev/x@abc#subdirectory=py");
  const { sdist } = sdistOf("lxml", "6.0");
  if (sdist?.kind !== "archive") throw new Error("an archive");
  expect(lines.of({ name: "lxml", version: "6.0", sdist: { ...sdist, subdirectory: "py" } })).toBe(
    `lxml @ ${sdist.url}#sha256=${hash("lxml")}&subdirectory=py`,
  );
});

test("a file of this machine, which has to be in the context", () => {
  const six = wheelOf("six", "1.0+a");
  const local = { ...six, sdist: undefined, wheel: { ...six.wheel!, url: "file:///home/me/six.whl" } };
  const files = new Map([["file:///home/me/six.whl", textEntry("six.whl", "")]]);
  expect(requirementLines(none, "", files).of(local)).toBe(
    `six @ file:///build/files/six-1.0%2Ba-py3-none-any.whl#sha256=${hash("six")}`,
  );
  expect(() => requirementLines(none, "", new Map()).of(local)).toThrow("was not given");
});

test("of a lock: by URL what stands on an index that the spec does not name", () => {
  const lock = {
    kind: "uv-lock",
    file: "uv.lock",
    requiresPython: undefined,
    distributions: [],
    hashed: true,
    own: undefined,
    fingerprint: "",
  } as const;
  const pylock = `[[packages]]\nname = "torch"\nindex = "https://download.pytorch.org/whl/cu124"\n[[packages]]\nname = "six"\nindex = "https://pypi.org/simple/"\n`;
  const torch = wheelOf("torch", "2.5.0");
  const lines = requirementLines({ ...none, lock }, pylock, new Map());
  expect(lines.of(torch)).toBe(`torch @ ${torch.wheel?.url}#sha256=${hash("torch")}`);
  expect(lines.of(wheelOf("six", "1.0"))).toMatch(/^six==/);
  const named = requirementLines(
    { ...none, lock, pipExtraIndexUrl: ["https://download.pytorch.org/whl/cu124/"] },
    pylock,
    new Map(),
  );
  expect(named.of(torch)).toMatch(/^torch==/);
});
