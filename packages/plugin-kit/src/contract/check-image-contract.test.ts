import { expect, test } from "vitest";
import { MemoryImages, type TestFile, tarOf } from "../testing/memory-images.ts";
import { checkImageContract } from "./check-image-contract.ts";
import type { ContractExpectation } from "./expectation.ts";

const id = { uid: 65_532, gid: 65_532 };
const site = "opt/venv/lib/python3.12/site-packages";
const goodFiles: readonly TestFile[] = [
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\nimagespec:x:65532:65532::/home/imagespec:/bin/sh\n" },
  { path: "etc/group", content: "root:x:0:\nimagespec:x:65532:\n" },
  { path: "home/imagespec", type: "directory", mode: 0o750, ...id },
  { path: "usr/local/bin/python3.12", mode: 0o755, content: "elf" },
  { path: "opt/venv", type: "directory" },
  { path: "opt/venv/pyvenv.cfg", content: "home = /usr/local/bin\n" },
  { path: "opt/venv/bin/python3.12", type: "symlink", linkPath: "/usr/local/bin/python3.12", mode: 0o777 },
  { path: "opt/venv/bin/python", type: "symlink", linkPath: "python3.12", mode: 0o777 },
  { path: `${site}/six.py`, content: "six" },
  { path: `${site}/My_Pkg.sub-1.17.0.dist-info/METADATA`, content: "Name: my-pkg.sub" },
  { path: `${site}/_imagespec.pth`, content: "/app\n" },
  { path: "app", type: "directory", ...id },
  { path: "app/main.py", content: "print(1)\n", ...id },
];
const goodConfig = {
  User: "imagespec",
  WorkingDir: "/app",
  Env: ["PATH=/opt/venv/bin:/usr/local/bin:/usr/bin", "VIRTUAL_ENV=/opt/venv", "IMAGESPEC_ID=abc", "A=x='$y \"z=\n"],
  Cmd: ["python", "main.py"],
  Labels: { "dev.imagespec.fingerprint": "f1", "dev.imagespec.contract": "1" },
};
const wanted: ContractExpectation = {
  fingerprint: "f1",
  contract: "1",
  env: { A: "x='$y \"z=\n" },
  entrypoint: [],
  cmd: ["python", "main.py"],
  pythonVersion: "3.12",
  distributions: { "my-pkg-sub": "1.17.0" },
  source: { "main.py": "print(1)\n" },
  absent: [".env"],
  epoch: 0,
};

async function rulesOf(
  change: { readonly files?: readonly TestFile[]; readonly config?: object } = {},
  expectation: ContractExpectation = wanted,
): Promise<readonly string[]> {
  const images = new MemoryImages();
  images.image([tarOf(goodFiles), tarOf(change.files ?? [])], { config: { ...goodConfig, ...change.config } });
  const violations = await checkImageContract(images, { tag: "latest" }, expectation);
  return [...new Set(violations.map(({ rule }) => rule))];
}

test("an image that keeps the contract has no violations", async () => {
  expect(await rulesOf()).toEqual([]);
  expect(await rulesOf({}, {})).toEqual([]);
});

test.each<[string, object]>([
  ["path", { Env: ["PATH=/usr/bin:/opt/venv/bin", "VIRTUAL_ENV=/opt/venv", "IMAGESPEC_ID=a"] }],
  ["virtual-env", { Env: ["PATH=/opt/venv/bin", "IMAGESPEC_ID=a"] }],
  ["pythonpath", { Env: ["PATH=/opt/venv/bin", "VIRTUAL_ENV=/opt/venv", "IMAGESPEC_ID=a", "PYTHONPATH=/app"] }],
  ["imagespec-id", { Env: ["PATH=/opt/venv/bin", "VIRTUAL_ENV=/opt/venv"] }],
  ["workdir", { WorkingDir: "/" }],
  ["user", { User: "" }],
  ["label-fingerprint", { Labels: { "dev.imagespec.contract": "1" } }],
  ["label-contract", { Labels: { "dev.imagespec.fingerprint": "f1" } }],
  ["labels-size", { Labels: { ...goodConfig.Labels, big: "x".repeat(4000) } }],
])("config: %s", async (rule, config) => {
  expect(await rulesOf({ config }, {})).toEqual([rule]);
});

test.each<[string, ContractExpectation]>([
  ["env", { env: { A: "x" } }],
  ["label-fingerprint", { fingerprint: "f2" }],
  ["labels", { labels: { "org.example": "a" } }],
  ["entrypoint", { entrypoint: ["sh"] }],
  ["cmd", { cmd: [] }],
  ["user", { user: "1000" }],
  ["python-version", { pythonVersion: "3.13" }],
  ["bytecode", { bytecode: true }],
  ["distributions", { distributions: {} }],
  ["distributions", { distributions: { "my-pkg.sub": "1.18" } }],
  ["source-bytes", { source: { "main.py": "print(2)\n" } }],
  ["source-bytes", { source: { "other.py": "" } }],
  ["source-absent", { absent: ["main.py"] }],
  ["mtime", { epoch: 1 }],
])("expectation: %s", async (rule, expectation) => {
  expect(await rulesOf({}, expectation)).toContain(rule);
});

test.each<[string, TestFile]>([
  ["venv", { path: "opt/venv/.wh.pyvenv.cfg" }],
  ["venv-python", { path: "usr/local/bin/python3.12", mode: 0o644 }],
  ["venv-python", { path: "usr/local/bin/.wh.python3.12" }],
  ["venv-owner", { path: `${site}/x.py`, uid: 65_532 }],
  ["venv-mode", { path: `${site}/x.py`, mode: 0o666 }],
  ["venv-mode", { path: `${site}/x.py`, mode: 0o600 }],
  ["venv-pip", { path: `${site}/pip/__init__.py` }],
  ["venv-pip", { path: "opt/venv/bin/pip3", mode: 0o755 }],
  ["bytecode", { path: `${site}/__pycache__/six.cpython-312.pyc` }],
  ["venv", { path: "opt/venv/lib/python3.13/site-packages/x.py" }],
  ["source-pth", { path: `${site}/_imagespec.pth`, content: "/src\n" }],
  ["user-entry", { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" }],
  ["user-entry", { path: "etc/group", content: "root:x:0:\nimagespec:x:1000:\n" }],
  ["home", { path: "home/imagespec", type: "directory" }],
  ["workdir-owner", { path: "app", type: "directory" }],
])("files: %s %o", async (rule, file) => {
  expect(await rulesOf({ files: [file] }, {})).toEqual([rule]);
});

test("what the user asked for otherwise is no violation", async () => {
  const config = { User: "1000", WorkingDir: "/srv", Env: ["PATH=/x", "VIRTUAL_ENV=/opt/venv", "IMAGESPEC_ID=a"] };
  const files = [{ path: `${site}/pip/__init__.py` }, { path: `${site}/src.pth`, content: "/srv\n" }];
  expect(await rulesOf({ config, files }, { user: "1000", workdir: "/srv", env: { PATH: "/x" }, pip: true })).toEqual(
    [],
  );
});
