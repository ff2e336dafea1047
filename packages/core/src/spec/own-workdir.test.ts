import { expect, test } from "vitest";
import { isOwnWorkdir } from "./own-workdir.ts";

test.each(["/app", "/home/me", "/srv/app/", "/usr/local/share", "/binary"])("%s is a folder of its own", (workdir) => {
  expect(isOwnWorkdir(workdir)).toBe(true);
});

test.each(["/", "", "//", "/.", "/usr/", "/usr/./local", "/var/lib", "/tmp"])("%s belongs to the system", (workdir) => {
  expect(isOwnWorkdir(workdir)).toBe(false);
});
