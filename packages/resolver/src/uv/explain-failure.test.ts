import { describe, expect, test } from "vitest";
import { explainFailure } from "./explain-failure.ts";

const spec = (packages: readonly string[]) => ({ packages, requirements: undefined, requirementLines: packages });
const target = "Python 3.13 on linux/amd64 (glibc 2.41)";

describe("explainFailure: uv's words become an error about the spec", () => {
  test("a full disk", () => {
    const stderr =
      "error: failed to write to file `/cache/partial/1/pylock.out.toml`: No space left on device (os error 28)";
    expect(explainFailure(stderr, spec(["pandas"]), target)).toMatchObject({ code: "DISK_FULL", logTail: [stderr] });
  });

  test("a package that does not exist", () => {
    const error = explainFailure(
      "error: No solution found when resolving dependencies\n  cause: Because scikit-learnn was not found in the package registry and you require scikit-learnn, we can conclude that your requirements are unsatisfiable.\n",
      spec(["pandas", "scikit-learnn"]),
      target,
    );
    expect(error).toMatchObject({
      code: "SPEC_PACKAGE_NOT_FOUND",
      hint: 'did you mean "scikit-learn"?',
      problems: [{ path: "packages[1]" }],
    });
    expect(error.message).toBe('packages[1]: no package "scikit-learnn" exists in the package index');
  });

  test("a version that does not exist, named exactly or by range", () => {
    const exact = explainFailure(
      "  cause: Because there is no version of pandas==99 and you require pandas==99, we can conclude that your requirements are unsatisfiable.",
      spec(["pandas==99"]),
      target,
    );
    expect(exact).toMatchObject({ code: "SPEC_VERSION_NOT_FOUND", problems: [{ path: "packages[0]" }] });
    const range = explainFailure(
      "  cause: Because only numpy<=2.5.5 is available and you require numpy>99, we can conclude that your requirements are unsatisfiable.",
      spec(["six", "numpy>99"]),
      target,
    );
    expect(range).toMatchObject({ code: "SPEC_VERSION_NOT_FOUND", problems: [{ path: "packages[1]" }] });
    expect(range.message).toContain('there is only "numpy<=2.5.5"');
  });

  test("no wheel for the Python or the platform", () => {
    const error = explainFailure(
      "  cause: Because tensorflow==2.3.0 has no wheels with a matching Python ABI tag (e.g., `cp313`) and you require tensorflow==2.3.0, we can conclude that your requirements are unsatisfiable.\n\nhint: You require CPython 3.13 (`cp313`), but we only found wheels for `tensorflow` (v2.3.0) with the following Python ABI tags: `cp35m`, `cp38`\n",
      spec(["tensorflow==2.3.0"]),
      target,
    );
    expect(error.code).toBe("SPEC_NO_WHEEL");
    expect(error.message).toBe(
      'packages[0]: "tensorflow==2.3.0" has no wheel for Python 3.13 on linux/amd64 (glibc 2.41); there are wheels for `cp35m`, `cp38`',
    );
    const source = explainFailure(
      "  cause: Because all versions of uwsgi have no usable wheels and you require uwsgi, we can conclude that your requirements are unsatisfiable.",
      spec(["uwsgi"]),
      target,
    );
    expect(source).toMatchObject({ code: "SPEC_NO_WHEEL", problems: [{ path: "packages[0]" }] });
  });

  test("requirements that contradict each other", () => {
    const error = explainFailure(
      "error: No solution found when resolving dependencies\n  cause: Because botocore==1.40 depends on urllib3>=1.25.4 and you require urllib3==1.0, we can conclude that botocore==1.40 cannot be used.\n And because you require botocore==1.40, we can conclude that your requirements are unsatisfiable.",
      spec(["urllib3==1.0", "botocore==1.40"]),
      target,
    );
    expect(error).toMatchObject({ code: "SPEC_UNSOLVABLE", problems: [{ path: "packages" }] });
    expect(error.message).toContain("Because botocore==1.40 depends on urllib3>=1.25.4");
  });

  test("an index that is down, refuses, or has a certificate nobody trusts", () => {
    const failure = (cause: string) =>
      explainFailure(
        `error: Failed to fetch: \`https://index.acme.dev/simple/six/\`\n  cause: ${cause}`,
        spec(["six"]),
        target,
      );
    expect(failure("tcp connect error\n  cause: Connection refused (os error 111)")).toMatchObject({
      code: "INDEX_DOWN",
      message: expect.stringContaining("Connection refused"),
    });
    expect(failure("HTTP status client error (401 Unauthorized) for url (x)")).toMatchObject({ code: "INDEX_AUTH" });
    expect(failure("invalid peer certificate: UnknownIssuer")).toMatchObject({
      code: "INDEX_DOWN",
      hint: expect.stringContaining("SSL_CERT_FILE"),
    });
  });

  test("anything else keeps uv's words", () => {
    expect(explainFailure("error: something nobody expected\n", spec(["six"]), target)).toMatchObject({
      code: "RESOLVER_FAILED",
      message: expect.stringContaining("something nobody expected"),
    });
  });
});
