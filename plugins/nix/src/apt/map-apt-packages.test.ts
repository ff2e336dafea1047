import { expect, test } from "vitest";
import { attributePath } from "../options/image-options.ts";
import { aptMap } from "./apt-map.ts";
import { mapAptPackages } from "./map-apt-packages.ts";

test("the map has names of Debian, and attributes that are names", () => {
  for (const [name, { attribute }] of Object.entries(aptMap)) {
    expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
    expect(attribute).toMatch(attributePath);
    expect(name).not.toMatch(/-dev$/);
  }
});

test("nothing is guessed by an equal name, and a near one is named", () => {
  const { mapped, problems } = mapAptPackages(["git", "libgl1:amd64", "gitt", "constructor"], {});
  expect(mapped.map(({ name, attribute, kind }) => [name, attribute.join("."), kind])).toEqual([
    ["git", "git", "program"],
    ["libgl1", "libGL", "library"],
  ]);
  expect(problems.map(({ path }) => path)).toEqual(["aptPackages[2]", "aptPackages[3]"]);
  expect(problems[0]?.hint).toContain('"git"');
});

test("a map of the user's own adds and replaces", () => {
  const aptPackages = { git: { attribute: "gitMinimal" }, acme: { attribute: "acme.tools", kind: "library" } } as const;
  expect(mapAptPackages(["git", "acme"], { aptPackages }).mapped).toMatchObject([
    { attribute: ["gitMinimal"], kind: "program" },
    { attribute: ["acme", "tools"], kind: "library" },
  ]);
});
