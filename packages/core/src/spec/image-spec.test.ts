import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, test } from "vitest";
import { errorOf } from "../testing/error-of.ts";
import { ImageSpec } from "./image-spec.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { specBrand } from "./spec-brand.ts";

/** What a caller without types may pass. */
const untyped = (input: unknown) => new ImageSpec(input as ImageSpecInput);

describe("a value", () => {
  test("has the fields that were given, and no others", () => {
    const spec = new ImageSpec({ name: "acme/train", packages: ["numpy"], bytecode: false });
    expect({ ...spec }).toEqual({ name: "acme/train", packages: ["numpy"], bytecode: false });
    expect(spec.env).toBeUndefined();
    expect(new ImageSpec().toJSON()).toEqual({});
  });

  test("is frozen all the way down, and does not share what it was made from", () => {
    const packages = ["numpy"];
    const env: Record<string, string> = { A: "1" };
    const spec = new ImageSpec({ packages, env, secrets: [{ id: "t", from: { env: "T" } }] });
    packages.push("pandas");
    env["B"] = "2";
    expect(spec.packages).toEqual(["numpy"]);
    expect(spec.env).toEqual({ A: "1" });
    expect(() => (spec.packages as string[]).push("x")).toThrow(TypeError);
    expect(() => Object.assign(spec.secrets?.[0]?.from ?? {}, { env: "U" })).toThrow(TypeError);
    expect(() => Object.assign(spec, { name: "x" })).toThrow(TypeError);
  });

  test("is recognised by its brand, also when another copy of the package made it", () => {
    expect(ImageSpec.isImageSpec(new ImageSpec())).toBe(true);
    expect(ImageSpec.isImageSpec({ [Symbol.for("dev.imagespec.image-spec.v1")]: [] })).toBe(true);
    expect(ImageSpec.isImageSpec({})).toBe(false);
    expect(ImageSpec.isImageSpec(null)).toBe(false);
  });

  test("survives JSON", () => {
    const spec = new ImageSpec({
      baseImage: new ImageSpec({ packages: ["torch"], platform: ["linux/arm64"] }),
      commands: ["true", { run: "make", after: "source" }],
      copy: [{ from: "a", to: "/b" }],
    });
    expect(new ImageSpec(JSON.parse(JSON.stringify(spec))).toJSON()).toEqual(spec.toJSON());
  });

  test("keeps keys that mean something to JavaScript", () => {
    const spec = untyped(JSON.parse('{"env": {"__proto__": "x", "constructor": "y"}}'));
    expect(Object.entries(spec.env ?? {})).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });
});

describe("copies with changes", () => {
  const spec = new ImageSpec({ packages: ["numpy"], env: { A: "1" } });

  test.each([
    ["one text", spec.withPackages("pandas")],
    ["a list", spec.withPackages(["pandas"])],
    ["a tuple", spec.withPackages(Object.freeze(["pandas"] as const))],
  ])("take %s", (_form, changed) => {
    expect(changed.packages).toEqual(["numpy", "pandas"]);
  });

  test("take several at once, in lists and without", () => {
    expect(spec.withPackages("a", ["b", "c"], "d").packages).toEqual(["numpy", "a", "b", "c", "d"]);
    expect(spec.withAptPackages("curl", "git").aptPackages).toEqual(["curl", "git"]);
    expect(spec.withCondaPackages(["gdal"]).condaPackages).toEqual(["gdal"]);
    expect(spec.withCommands("true", { run: "make" }).commands).toEqual(["true", { run: "make" }]);
    expect(spec.withCopy("a", { from: "b" }).copy).toEqual(["a", { from: "b" }]);
    expect(spec.withRuntimePackages("rich").runtimePackages).toEqual(["rich"]);
    expect(spec.withSecrets({ id: "t", from: { env: "T" } }).secrets).toHaveLength(1);
    expect(spec.withPlatforms("linux/arm64", "linux/amd64").platform).toEqual(["linux/arm64", "linux/amd64"]);
  });

  test("merge mappings", () => {
    expect(spec.withEnv({ B: "2" }).env).toEqual({ A: "1", B: "2" });
    expect(spec.withEnv({ A: "3" }).env).toEqual({ A: "3" });
    expect(spec.withLabels({ team: "a" }).labels).toEqual({ team: "a" });
  });

  test("leave the original alone, and keep every other field", () => {
    const changed = spec.with({ name: "acme/train" }).withPackages("pandas").withEnv({ B: "2" });
    expect(spec.toJSON()).toEqual({ packages: ["numpy"], env: { A: "1" } });
    expect(changed.toJSON()).toEqual({ name: "acme/train", packages: ["numpy", "pandas"], env: { A: "1", B: "2" } });
  });

  test("remove a field by undefined", () => {
    expect(spec.with({ env: undefined }).toJSON()).toEqual({ packages: ["numpy"] });
  });

  test("are checked like any other spec", async () => {
    const error = await errorOf(() => spec.withPackages("numpy=1"));
    expect(error.problems.map(({ path }) => path)).toEqual(["packages[1]"]);
  });
});

describe("problems", () => {
  test("come all at once, each with the path of its field", async () => {
    const error = await errorOf(() =>
      untyped({
        pakages: ["numpy"],
        packages: "numpy",
        pythonVersion: 3.1,
        env: { PORT: 8080, "A=B": "x" },
        commands: [{ run: "make", secrets: ["token"] }, 5],
        workdir: "app",
        secrets: [{ id: "a", from: {} }, { from: { env: "T" } }],
      }),
    );
    expect(error).toBeInstanceOf(ImageSpecError);
    expect(error.code).toBe("SPEC_INVALID");
    expect(error.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "pakages SPEC_UNKNOWN_FIELD",
      "packages SPEC_TYPE",
      "pythonVersion SPEC_TYPE",
      "env.PORT SPEC_TYPE",
      'env["A=B"] SPEC_VALUE',
      "commands[1] SPEC_TYPE",
      "workdir SPEC_VALUE",
      "secrets[0].from SPEC_VALUE",
      "secrets[1] SPEC_VALUE",
      "commands[0].secrets[0] SPEC_VALUE",
    ]);
    for (const problem of error.problems) expect(problem.hint, problem.path).toMatch(/^[a-z]/);
  });

  test("of a spec inside of a spec have the path from the outer one", async () => {
    const error = await errorOf(() => untyped({ baseImage: { packages: ["numpy=1"], baseImage: { name: "A" } } }));
    expect(error.problems.map(({ path }) => path)).toEqual(["baseImage.packages[0]", "baseImage.baseImage.name"]);
  });

  test("that are alone keep their own code", async () => {
    expect((await errorOf(() => untyped({ packages: "numpy" }))).code).toBe("SPEC_TYPE");
    expect((await errorOf(() => untyped({ packages: ["a b"] }))).code).toBe("SPEC_REQUIREMENT");
  });

  test.each<[unknown, string, string, string]>([
    [{ packages: "numpy" }, "packages", '"numpy" is a string, a list belongs here', 'write ["numpy"]'],
    [{ cmd: "python -m train" }, "cmd", "a list belongs here", 'write ["python", "-m", "train"]'],
    [{ workdir: ["/app"] }, "workdir", "a list, a string belongs here", 'write "/app" without the brackets'],
    [{ pythonVersion: 3.1 }, "pythonVersion", '"3.1" is a number', 'quote it, as in "3.10"'],
    [
      { pythonVersion: "3.1" },
      "pythonVersion",
      '"3.1" is not a supported Python version',
      '"3.10" must be quoted in YAML',
    ],
    [{ pythonVersion: "3.12.x" }, "pythonVersion", "not a Python version", 'write "3.12"'],
    [{ pythonVersion: "2.7" }, "pythonVersion", "not a Python version", '"3.12"'],
    [{ cuda: 12.4 }, "cuda", "is a number", 'quote it: "12.4"'],
    [{ bytecode: "true" }, "bytecode", "not true or false", "without quotes"],
    [{ apt_packages: ["curl"] }, "apt_packages", 'there is no field "apt_packages"', 'did you mean "aptPackages"?'],
    [{ env: ["A=1"] }, "env", "a list, a mapping belongs here", 'write { "A": "1" }'],
    [{ env: { IMAGESPEC_ID: "x" } }, "env.IMAGESPEC_ID", "reserved", "IMAGESPEC_"],
    [
      { labels: { "dev.imagespec.fingerprint": "x" } },
      'labels["dev.imagespec.fingerprint"]',
      "reserved",
      "dev.imagespec.",
    ],
    [{ env: { A: "a\0b" } }, "env.A", "NUL", "remove it"],
    [{ commands: ["a\0b"] }, "commands[0]", "NUL", "remove it"],
    [{ env: { A: "\ud800" } }, "env.A", "surrogate", "well-formed"],
    [{ name: "Acme/Train" }, "name", "upper-case", 'write "acme/train"'],
    [{ name: "acme/train:1.0" }, "name", "has a tag", "tagFormat"],
    [{ name: "localhost:5000/train" }, "name", "has a registry", 'registry: "localhost:5000"'],
    [{ name: "ghcr.io/acme/train" }, "name", "has a registry", 'registry: "ghcr.io"'],
    [{ registry: "https://ghcr.io" }, "registry", "is a URL", 'remove "https://"'],
    [{ registry: "ghcr.io/acme/" }, "registry", "ends in a slash", 'write "ghcr.io/acme"'],
    [{ tagFormat: "{fingerprnt}" }, "tagFormat", "unknown placeholder", 'did you mean "{fingerprint}"?'],
    [{ tagFormat: "-{fingerprint}" }, "tagFormat", "not a tag", "letters"],
    [{ aptPackages: ["curl git"] }, "aptPackages[0]", "several words", '["curl", "git"]'],
    [{ aptPackages: ["curl==8"] }, "aptPackages[0]", '"=="', 'write "curl=8"'],
    [{ aptPackages: ["--allow-downgrades"] }, "aptPackages[0]", "option", "packages only"],
    [{ condaPackages: ["-c conda-forge"] }, "condaPackages[0]", "option", "packages only"],
    [{ packages: ["--pre"] }, "packages[0]", "is an option", "pipExtraArgs"],
    [{ pipExtraArgs: "--index-url https://x.org" }, "pipExtraArgs", "does not belong", "pipIndex"],
    [{ pipExtraArgs: "numpy" }, "pipExtraArgs", "not an option", "packages"],
    [{ pipExtraArgs: '--find-links "x' }, "pipExtraArgs", "open quote", "close"],
    [{ pipIndex: "pypi.org/simple" }, "pipIndex", "not an http", "https://"],
    [{ copy: ["../x"] }, "copy[0]", "leaves the root", "root folder"],
    [{ copy: ["a/../../x"] }, "copy[0]", "leaves the root", "root folder"],
    [{ copy: ["/etc/passwd"] }, "copy[0]", "not relative", "relative"],
    [{ copy: [{ from: "a", to: "../b" }] }, "copy[0].to", '".."', "absolute"],
    [{ copy: [{ from: "a", too: "/b" }] }, "copy[0].too", "no field", 'did you mean "to"?'],
    [{ sourceRoot: "/src" }, "sourceRoot", "not relative", "relative"],
    [{ sourceCopyMode: "all" }, "sourceCopyMode", "without sourceRoot", "sourceRoot"],
    [{ sourceCopyMode: "everything", sourceRoot: "." }, "sourceCopyMode", "not one of", "use one of"],
    [{ builderOptions: { a: 1 } }, "builderOptions", "without a builder", "builder"],
    [{ builder: "b", builderOptions: { a: Number.NaN } }, "builderOptions.a", "not JSON", "finite"],
    [{ cudnn: "9" }, "cudnn", "without cuda", "cuda"],
    [{ pythonExec: "/usr/bin/python3", condaPackages: ["gdal"] }, "pythonExec", "both bring", "remove one"],
    [{ requirements: "uv.lock", packages: ["numpy"] }, "packages", "project lock", "lock it again"],
    [
      { requirements: { file: "requirements.txt", groups: ["dev"] } },
      "requirements.groups",
      "not a lock file",
      "lock file",
    ],
    [{ requirements: "pyproject.toml" }, "requirements", "not a requirements or lock file", "uv.lock"],
    [{ requirements: "environment.yml" }, "requirements", "not a requirements or lock file", "condaPackages"],
    [{ user: "a b" }, "user", "not a user", "1000:1000"],
    [{ user: "4294967295" }, "user", "not a user", "uid"],
    [{ workdir: "/a/../b" }, "workdir", '".."', "without"],
    [{ excludeNewer: "2026-02-30" }, "excludeNewer", "not an RFC 3339", "2026-08-01"],
    [{ excludeNewer: "last week" }, "excludeNewer", "not an RFC 3339", "2026-08-01"],
    [{ platform: "windows/amd64" }, "platform", "not a Linux platform", "linux/"],
    [{ platform: [] }, "platform", "empty", "at least one"],
    [{ platform: "linux" }, "platform", "linux", ""],
    [{ baseImage: "Not A Reference" }, "baseImage", "Not A Reference", ""],
    [{ baseImage: { debian: "sid" } }, "baseImage.debian", "not one of", '"trixie"'],
    [{ secrets: [{ id: "a", from: { env: "A", file: "b" } }] }, "secrets[0].from", "has 2 of", "exactly one"],
    [
      { secrets: [{ id: "a", from: { env: "A" }, steps: ["commands[0]"] }] },
      "secrets[0].steps[0]",
      "does not exist",
      "command",
    ],
    [{ pipSecretMounts: ["a", "/b"] }, "pipSecretMounts[0]", "not a pair", "list of two"],
    [{ requirements: { groups: [] } }, "requirements", '"file" is missing', "file"],
    [{ builder: "My Builder" }, "builder", "not the name", "buildkit"],
    [{ packages: null }, "packages", "null", "leave the field out"],
    [[], "", "not a spec", "mapping"],
    ["spec", "", "not a spec", "mapping"],
  ])("%j", async (input, path, message, hint) => {
    const { problems } = await errorOf(() => untyped(input));
    expect(problems[0]?.path).toBe(path);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.hint ?? "").toContain(hint);
  });

  test("two secrets with one id name both places", async () => {
    const { problems } = await errorOf(
      () =>
        new ImageSpec({
          secrets: [
            { id: "a", from: { env: "A" } },
            { id: "a", from: { env: "B" } },
          ],
        }),
    );
    expect(problems).toMatchObject([{ code: "SPEC_CONFLICT", path: "secrets[1].id" }]);
    expect(problems[0]?.message).toContain("secrets[0].id");
  });

  test("a spec that is its own base ends", async () => {
    const input: Record<string, unknown> = {};
    input["baseImage"] = input;
    expect((await errorOf(() => untyped(input))).message).toContain("its own base");
  });

  test("builder options that contain themselves end", async () => {
    const options: Record<string, unknown> = {};
    options["self"] = options;
    expect((await errorOf(() => untyped({ builder: "b", builderOptions: options }))).message).toContain("not JSON");
  });
});

describe("credentials in URLs", () => {
  const spec = new ImageSpec({
    pipIndex: "https://user:s3cr%40t@pypi.acme.dev/simple",
    pipExtraIndexUrl: ["https://tokenvalue@extra.acme.dev:8443/simple"],
    pipExtraArgs: "--find-links https://user:s3cr%40t@pypi.acme.dev/links --pre",
    packages: ["x @ https://user:s3cr%40t@pypi.acme.dev/x.whl", "y @ git+ssh://git@github.com/acme/y"],
  });

  test("are in no property, JSON text or inspection", async () => {
    const { inspect } = await import("node:util");
    const texts = [
      JSON.stringify(spec),
      inspect(spec, { depth: 10, showHidden: true }),
      String(spec.pipIndex),
      JSON.stringify(spec.with({})),
    ];
    for (const text of texts) expect(text).not.toMatch(/s3cr|tokenvalue|user:/);
    expect(spec.toJSON()).toEqual({
      pipIndex: "https://pypi.acme.dev/simple",
      pipExtraIndexUrl: ["https://extra.acme.dev:8443/simple"],
      pipExtraArgs: "--find-links https://pypi.acme.dev/links --pre",
      packages: ["x @ https://pypi.acme.dev/x.whl", "y @ git+ssh://git@github.com/acme/y"],
    });
  });

  test("survive a copy", () => {
    const logins = (value: ImageSpec) =>
      (value as unknown as Record<symbol, { origin: string; login: { reveal(): string } }[]>)[specBrand]?.map(
        ({ origin, login }) => [origin, login.reveal()],
      );
    const expected = [
      ["https://pypi.acme.dev", "user:s3cr%40t"],
      ["https://extra.acme.dev:8443", "tokenvalue"],
    ];
    expect(logins(spec)).toEqual(expected);
    expect(logins(spec.withPackages("z"))).toEqual(expected);
  });

  test("are not in the message about the rest of the URL", async () => {
    const error = await errorOf(() => new ImageSpec({ pipIndex: "https://user:hunter22@host name/simple" }));
    expect(JSON.stringify(error)).not.toContain("hunter22");
  });

  test("that differ for one host are a conflict", async () => {
    const error = await errorOf(
      () => new ImageSpec({ pipIndex: "https://a:aaaa@x.org/s", pipExtraIndexUrl: ["https://b:bbbb@x.org/t"] }),
    );
    expect(error.code).toBe("SPEC_CONFLICT");
  });
});
