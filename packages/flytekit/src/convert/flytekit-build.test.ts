import { describe, expect, test } from "vitest";
import { flytekitId } from "../spec/flytekit-id.ts";
import type { FlytekitSpec } from "../spec/flytekit-spec.ts";
import { flytekitImageName } from "../tag/flytekit-tag.ts";
import { flytekitBuilds } from "./flytekit-build.ts";

const environment = { version: "1.16.31", python: "3.11" };

describe("what to build for a flytekit spec", () => {
  test("one image under flytekit's tag, with its id and layout", () => {
    const spec: FlytekitSpec = {
      name: "Train",
      registry: "ghcr.io/acme",
      packages: ["numpy"],
      runtime_packages: ["six"],
    };
    const [build, ...others] = flytekitBuilds({ ...environment, spec });
    expect(others).toEqual([]);
    expect(build).toMatchObject({
      imageName: flytekitImageName(spec, environment),
      id: flytekitId(spec, environment),
      options: { tag: { value: build?.tag, reuse: "tag-and-platforms" } },
    });
    expect(build?.spec.toJSON()).toEqual({
      name: "train",
      registry: "ghcr.io/acme",
      pythonVersion: "3.11",
      packages: ["numpy", "flytekit==1.16.31"],
      env: { _F_IMG_ID: build?.id },
      profile: "flytekit",
      platform: "linux/amd64",
    });
  });

  test("a nested base with a registry apart, and one without below", () => {
    const base: FlytekitSpec = { name: "low", packages: ["a"] };
    const apart = flytekitBuilds({ ...environment, spec: { base_image: { ...base, registry: "ghcr.io/acme" } } });
    expect(apart.map(({ spec }) => spec.name)).toEqual(["low", "flytekit"]);
    expect(apart[1]?.spec.baseImage).toBe(apart[0]?.imageName);
    const below = flytekitBuilds({ ...environment, spec: { base_image: base } });
    expect(below).toHaveLength(1);
    expect(below[0]?.spec.baseImage).toMatchObject({ name: "low" });
  });

  test("nothing for a base that is only passed on, whose own name then counts", () => {
    const base: FlytekitSpec = { builder: "noop", base_image: "registry.example.org/team/ready:2" };
    const [build, ...others] = flytekitBuilds({ ...environment, spec: { base_image: base, packages: ["six"] } });
    expect(others).toEqual([]);
    expect(build?.spec.baseImage).toBe("registry.example.org/team/ready:2");
    // Recorded: the name after a build through the builder noop.
    expect(build?.imageName).toBe("flytekit:0UcHdEeJuygXK7qIKvFtmA");
    expect(() => flytekitBuilds({ ...environment, spec: base })).toThrow('builder "noop" builds no image');
  });

  test("what a caller says wins: id, requirement, profile", () => {
    const spec: FlytekitSpec = { packages: ["flytekit-x"] };
    const [plain] = flytekitBuilds({ ...environment, spec, id: null, requirement: null, profile: "imagespec" });
    expect(plain?.spec.toJSON()).toEqual({
      name: "flytekit",
      pythonVersion: "3.11",
      packages: ["flytekit-x"],
      platform: "linux/amd64",
    });
    const [given] = flytekitBuilds({ ...environment, spec, id: "mine" });
    expect(given?.spec).toMatchObject({ env: { _F_IMG_ID: "mine" }, packages: ["flytekit-x", "flytekit==1.16.31"] });
  });

  test("nothing when the tags differ", () => {
    expect(() => flytekitBuilds({ ...environment, spec: {}, tag: "AAAA" })).toThrow(
      expect.objectContaining({ code: "FLYTEKIT_TAG_DIFFERS" }),
    );
    expect(flytekitBuilds({ ...environment, spec: {}, tag: "fv8aVGdGU6GT1t5W98ZQPA" })).toHaveLength(1);
  });
});
