import { describe, expect, it } from "vitest";
import type { BuildOutput } from "../builder/output.ts";
import { ImageSpec } from "../spec/image-spec.ts";
import type { ImageSpecInput } from "../spec/image-spec-input.ts";
import { resolveImageSpec } from "../spec/resolve-image-spec.ts";
import { requiredCapabilities } from "./required-capabilities.ts";

const output: BuildOutput = { kind: "local-store", name: "image:x" };

async function needs(input: ImageSpecInput): Promise<readonly string[]> {
  const resolved = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  return requiredCapabilities(resolved, output)
    .filter(({ capability }) => !capability.startsWith("output-"))
    .map(({ capability, path }) => `${capability} ${path}`);
}

describe("requiredCapabilities", () => {
  const base = "base-image baseImage";
  const cases: readonly (readonly [ImageSpecInput, readonly string[]])[] = [
    [{}, [base]],
    [{ packages: ["six"] }, [base]],
    [{ baseImage: "scratch" }, ["scratch-base baseImage"]],
    [{ baseImage: { debian: "trixie" }, pythonVersion: "3.13" }, [base]],
    [{ baseImage: { debian: "trixie" }, pythonVersion: "3.12" }, [base, "other-python pythonVersion"]],
    [{ baseImage: "python:3.12-slim", pythonVersion: "3.12.4" }, [base]],
    [{ baseImage: "python:3.12-slim", pythonVersion: "3.13" }, [base, "other-python pythonVersion"]],
    [{ baseImage: "ubuntu:24.04", pythonVersion: "3.13" }, [base]],
    [
      { baseImage: new ImageSpec({ pythonVersion: "3.11" }), pythonVersion: "3.12" },
      [base, "other-python pythonVersion"],
    ],
    [
      { baseImage: "nvcr.io/nvidia/pytorch:24.01-py3", pythonExec: "/usr/bin/python" },
      [base, "python-exec pythonExec"],
    ],
    [{ aptPackages: ["git"] }, [base, "apt-packages aptPackages[0]"]],
    [{ condaPackages: ["mkl"] }, [base, "conda-packages condaPackages[0]"]],
    [{ commands: ["make"] }, [base, "commands commands[0]"]],
    [{ cuda: "12.4" }, [base, "cuda cuda"]],
    [{ runtimePackages: ["six"] }, [base, "runtime-packages runtimePackages[0]"]],
    [{ bytecode: true }, [base, "bytecode bytecode"]],
    [{ profile: "flytekit" }, [base, "profile-flytekit profile"]],
    [{ packages: ["a", "b @ git+https://example.com/b.git"] }, [base, "sdists packages[1]"]],
    [{ packages: ["b @ https://example.com/b-1.tar.gz"] }, [base, "sdists packages[0]"]],
    [{ packages: ["b @ https://example.com/b-1-py3-none-any.whl"] }, [base]],
    [{ pipExtraArgs: "--no-binary six" }, [base, "sdists pipExtraArgs"]],
    [
      {
        secrets: [
          { id: "a", from: { env: "A" } },
          { id: "b", from: { file: "/b" } },
          { id: "c", from: { aws: "c" } },
          { id: "d", from: { google: "d" } },
        ],
      },
      [base, "secret-env secrets[0]", "secret-file secrets[1]", "secret-aws secrets[2]", "secret-google secrets[3]"],
    ],
  ];

  it.each(cases)("of %j", async (input, expected) => {
    expect(await needs(input)).toEqual(expected);
  });

  it("include the kind of output, and give the reason", async () => {
    const spec = await resolveImageSpec(new ImageSpec({ aptPackages: ["git", "curl"] }), { root: import.meta.dirname });
    const needed = requiredCapabilities(spec, { kind: "registry", registry: "r.dev", repository: "a", tag: "x" });
    expect(needed.map(({ reason }) => reason)).toContain("2 Debian packages");
    expect(needed.at(-1)).toEqual({
      capability: "output-registry",
      path: "output",
      reason: 'an output of kind "registry"',
    });
  });

  it("are those of a Debian base for the base itself", async () => {
    const spec = await resolveImageSpec(new ImageSpec({ baseImage: { debian: "bookworm" } }), {
      root: import.meta.dirname,
    });
    const { resolvedBase } = spec;
    if (resolvedBase.kind !== "image") throw new Error("expected an image");
    expect(requiredCapabilities(resolvedBase.image, output).map(({ capability }) => capability)).toEqual([
      "debian-base",
      "output-local-store",
    ]);
  });
});
