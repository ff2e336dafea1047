import { expect, test } from "vitest";
import { Placement } from "./placement.ts";

const open = { mode: 0o1777, uid: 0, gid: 0 };
const placement = new Placement({
  directoryLinks: { lib: "usr/lib", "usr/lib/x": "opt/x" },
  directories: { tmp: open },
});

test("folders are followed, names of files are not", () => {
  expect(placement.folder("lib/x/y")).toBe("opt/x/y");
  expect(placement.file("lib/x")).toBe("usr/lib/x");
  expect(placement.file("lib")).toBe("lib");
});

test("folders keep what they have", () => {
  expect(placement.attributes("tmp")).toBe(open);
  expect(placement.key("tmp/a")).toBe("|tmp=1777:0:0");
  expect(placement.key("app")).toBe("");
});

test.each(["constructor", "__proto__", "toString"])(
  "a folder may have the name of what every object has: %s",
  (name) => {
    expect(placement.folder(`${name}/x`)).toBe(`${name}/x`);
    expect(placement.attributes(name)).toEqual({ mode: 0o755, uid: 0, gid: 0 });
    expect(placement.key(name)).toBe("");
  },
);
