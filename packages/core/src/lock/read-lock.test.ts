import { describe, expect, test } from "vitest";
import { errorOf } from "../testing/error-of.ts";
import { readLock } from "./read-lock.ts";

const hex = (letter: string) => letter.repeat(64);
const none = { groups: [], extras: [] };

const pylock = `
# made by hand
lock-version = "1.0"
environments = ["sys_platform == 'linux'"]
requires-python = ">=3.11"
extras = ["gpu"]
dependency-groups = ["dev"]
default-groups = ["default"]
created-by = "test"

[[packages]]
name = "NumPy"
version = "2.1.0"
index = "https://pypi.org/simple"
marker = "python_version >= '3.11'"
sdist = { name = "numpy-2.1.0.tar.gz", url = "https://files.example/numpy-2.1.0.tar.gz", hashes = { sha256 = "${hex("b")}" } }
wheels = [
  { name = "numpy-2.1.0-cp312-manylinux.whl", url = "https://files.example/numpy.whl", size = 10, upload-time = 2026-01-01T00:00:00Z, hashes = { sha256 = "${hex("a")}" } },
]

[[packages]]
name = "attrs"
version = "25.1.0"
wheels = [{ url = "https://files.example/attrs.whl", hashes = { sha256 = "${hex("c")}" } }]
`;

describe("pylock.toml", () => {
  test("is read by its meaning", async () => {
    const lock = await readLock("pylock", pylock, "pylock.toml", none);
    expect(lock).toMatchObject({ kind: "pylock", requiresPython: ">=3.11", hashed: true, own: undefined });
    expect(lock.distributions).toEqual([
      { name: "attrs", version: "25.1.0", hashes: [`sha256:${hex("c")}`], marker: undefined, source: undefined },
      {
        name: "numpy",
        version: "2.1.0",
        hashes: [`sha256:${hex("a")}`, `sha256:${hex("b")}`],
        marker: "python_version >= '3.11'",
        source: undefined,
      },
    ]);
  });

  test("counts by meaning: not by comments, order, index host or tool", async () => {
    const [head = "", first = "", second = ""] = pylock.split("[[packages]]");
    const other = `${head}[[packages]]${second}[[packages]]${first}`
      .replace("# made by hand", "")
      .replaceAll("pypi.org", "mirror.acme.dev")
      .replaceAll("files.example", "mirror.acme.dev/files")
      .replace('created-by = "test"', 'created-by = "uv"');
    const of = async (text: string) => (await readLock("pylock", text, "pylock.toml", none)).fingerprint;
    expect(await of(other)).toBe(await of(pylock));
    expect(await of(pylock.replace(hex("a"), hex("d")))).not.toBe(await of(pylock));
    expect(await of(pylock.replace("2.1.0", "2.1.1"))).not.toBe(await of(pylock));
    expect(await of(pylock.replace("'3.11'\"", "'3.12'\""))).not.toBe(await of(pylock));
  });

  test("floats where a distribution has no hash", async () => {
    const text = `${pylock}\n[[packages]]\nname = "local"\nvcs = { type = "git", url = "https://x.dev/r.git", commit-id = "abc" }\n`;
    const lock = await readLock("pylock", text, "pylock.toml", none);
    expect(lock.hashed).toBe(false);
    expect(lock.distributions[1]).toMatchObject({ name: "local", version: "", source: "git+https://x.dev/r.git@abc" });
  });

  test.each([
    ["not = [toml", "not valid TOML", "again"],
    ['lock-version = "2.0"\n', 'format version "2.0"', "format version 1"],
    ["", "no format version", "format version 1"],
    ['lock-version = "1.0"\n[[packages]]\nversion = "1"\n', "no name in packages[0]", "lock again"],
  ])("is refused when it is %j", async (text, message, hint) => {
    const error = await errorOf(() => readLock("pylock", text, "pylock.toml", none));
    expect(error.code).toBe("LOCK_INVALID");
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test("knows its groups and extras", async () => {
    await readLock("pylock", pylock, "pylock.toml", { groups: ["dev"], extras: ["gpu"] });
    const error = await errorOf(() => readLock("pylock", pylock, "pylock.toml", { groups: [], extras: ["gpus"] }));
    expect([error.code, error.hint]).toEqual(["SPEC_VALUE", 'did you mean "gpu"?']);
    expect(error.problems[0]?.path).toBe("requirements.extras[0]");
  });
});

const uvLock = `
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "requests", extra = ["socks"] }, { name = "tomli", marker = "python_full_version < '3.13'" }]
[package.optional-dependencies]
gpu = [{ name = "torch" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "requests"
version = "2.32.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "idna" }]
wheels = [{ url = "https://files.example/requests.whl", hash = "sha256:${hex("a")}", size = 1 }]
[package.optional-dependencies]
socks = [{ name = "pysocks" }]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "requests" }]
sdist = { url = "https://files.example/idna.tar.gz", hash = "sha256:${hex("b")}", size = 1 }

[[package]]
name = "pysocks"
version = "1.7.1"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/pysocks.whl", hash = "sha256:${hex("c")}" }]

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/pytest.whl", hash = "sha256:${hex("d")}" }]

[[package]]
name = "tomli"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/tomli.whl", hash = "sha256:${hex("e")}" }]

[[package]]
name = "torch"
version = "2.5"
source = { git = "https://x.dev/torch.git?rev=v2.5#abc" }
`;

describe("uv.lock", () => {
  const namesOf = async (groups: string[], extras: string[]) =>
    (await readLock("uv-lock", uvLock, "uv.lock", { groups, extras })).distributions.map(({ name }) => name);

  test("has what the project needs, with the selected groups and extras", async () => {
    expect(await namesOf([], [])).toEqual(["idna", "pysocks", "requests", "tomli"]);
    expect(await namesOf(["dev"], [])).toEqual(["idna", "pysocks", "pytest", "requests", "tomli"]);
    expect(await namesOf([], ["gpu"])).toEqual(["idna", "pysocks", "requests", "tomli", "torch"]);
  });

  test("does not move with a group that is not installed", async () => {
    const of = async (text: string, groups: string[] = []) =>
      (await readLock("uv-lock", text, "uv.lock", { groups, extras: [] })).fingerprint;
    const newer = uvLock.replace('version = "8.0"', 'version = "8.1"');
    expect(await of(newer)).toBe(await of(uvLock));
    expect(await of(newer, ["dev"])).not.toBe(await of(uvLock, ["dev"]));
    expect(await of(uvLock.replace("< '3.13'", "< '3.14'"))).not.toBe(await of(uvLock));
  });

  test("is hashed unless a source has none", async () => {
    expect((await readLock("uv-lock", uvLock, "uv.lock", none)).hashed).toBe(true);
    expect((await readLock("uv-lock", uvLock, "uv.lock", { groups: [], extras: ["gpu"] })).hashed).toBe(false);
  });

  test("is refused without a project, with a hole, and for unknown groups", async () => {
    const code = async (text: string, groups: string[] = []) =>
      (await errorOf(() => readLock("uv-lock", text, "uv.lock", { groups, extras: [] }))).code;
    expect(await code("version = 1\n")).toBe("LOCK_INVALID");
    expect(await code("version = 2\n")).toBe("LOCK_INVALID");
    expect(await code(uvLock.replace('name = "idna"\nversion', 'name = "other"\nversion'))).toBe("LOCK_INVALID");
    expect(await code(uvLock, ["deev"])).toBe("SPEC_VALUE");
  });
});

const poetryLock = `
[[package]]
name = "Flask"
version = "3.0.0"
optional = false
python-versions = ">=3.8"
groups = ["main"]
markers = 'python_version >= "3.10"'
files = [{ file = "flask.whl", hash = "sha256:${hex("a")}" }]

[[package]]
name = "pytest"
version = "8.0.0"
optional = false
groups = ["dev"]
files = [{ file = "pytest.whl", hash = "sha256:${hex("b")}" }]

[[package]]
name = "redis"
version = "5.0.0"
optional = true
groups = ["main"]
files = [{ file = "redis.whl", hash = "sha256:${hex("c")}" }]
[package.dependencies]
async-timeout = ">=4"

[[package]]
name = "async-timeout"
version = "4.0.0"
optional = true
groups = ["main"]
files = []
[package.source]
type = "git"
url = "https://x.dev/a.git"
reference = "v4"
resolved_reference = "abc"

[extras]
cache = ["redis"]

[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
content-hash = "0"
`;

describe("poetry.lock", () => {
  test("has the main group, with the selected groups and extras", async () => {
    const namesOf = async (groups: string[], extras: string[]) =>
      (await readLock("poetry-lock", poetryLock, "poetry.lock", { groups, extras })).distributions.map(
        ({ name }) => name,
      );
    expect(await namesOf([], [])).toEqual(["flask"]);
    expect(await namesOf(["dev"], [])).toEqual(["flask", "pytest"]);
    expect(await namesOf([], ["cache"])).toEqual(["async-timeout", "flask", "redis"]);
  });

  test("keeps markers and sources", async () => {
    const lock = await readLock("poetry-lock", poetryLock, "poetry.lock", { groups: [], extras: ["cache"] });
    expect(lock.distributions[0]).toMatchObject({ source: "git+https://x.dev/a.git@abc", hashes: [] });
    expect(lock.distributions[1]).toMatchObject({ marker: 'python_version >= "3.10"', source: undefined });
    expect(lock.requiresPython).toBe(">=3.10");
  });
});

test("what the pyproject.toml asks for is part of the meaning, its version is not", async () => {
  const of = async (text: string) =>
    (await readLock("uv-lock", uvLock, "uv.lock", none, { text, path: "pyproject.toml" })).fingerprint;
  const project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["requests[socks]"]\n';
  expect(await of(project.replace('"1"', '"2"'))).toBe(await of(project));
  expect(await of(project.replace("requests[socks]", "requests"))).not.toBe(await of(project));
});
