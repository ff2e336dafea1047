import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import { errorOf } from "../src/testing/error-of.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";

const minor = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], {
  encoding: "utf8",
}).trim();

describe("ImageSpec.fromPythonEnvironment", () => {
  test("takes the minor of the interpreter and pins at installed versions, after the packages that were given", async () => {
    await using folder = await createSpecFolder({
      "Some_Pkg-1.2.3.dist-info/METADATA": "Name: Some_Pkg\nVersion: 1.2.3\n",
    });
    await folder.write({ python: { run: `#!/bin/sh\nPYTHONPATH="${folder.path}" exec python3 "$@"\n` } });
    const packages = ["rich"];
    const spec = await ImageSpec.fromPythonEnvironment({
      pinnedPackages: ["some.pkg"],
      packages,
      name: "a",
      python: `${folder.path}/python`,
    });
    expect(spec.toJSON()).toEqual({ name: "a", pythonVersion: minor, packages: ["rich", "some.pkg==1.2.3"] });
    expect(packages).toEqual(["rich"]);
  });

  test("refuses what it cannot pin", async () => {
    const missing = await errorOf(() => ImageSpec.fromPythonEnvironment({ pinnedPackages: ["surely-not-installed"] }));
    expect(missing.code).toBe("SPEC_PACKAGE_NOT_FOUND");
    const both = await errorOf(() => ImageSpec.fromPythonEnvironment({ pythonVersion: "3.12" }));
    expect(both.code).toBe("SPEC_CONFLICT");
    const none = await errorOf(() => ImageSpec.fromPythonEnvironment({ python: "no-such-python" }));
    expect(none.code).toBe("SPEC_FILE_MISSING");
  });
});
