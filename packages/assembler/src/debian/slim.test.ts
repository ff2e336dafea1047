import { expect, it } from "vitest";
import { isOmittedWhenSlim } from "./slim.ts";

it.each([
  ["usr/share/doc/bash/changelog.gz", true],
  ["usr/share/doc/bash/examples", true],
  ["usr/share/doc/bash/copyright", false],
  ["usr/share/doc/libgcc-s1", false],
  ["usr/share/man", false],
  ["usr/share/man/man1", true],
  ["usr/share/locale/de/LC_MESSAGES/bash.mo", true],
  ["usr/share/zoneinfo/Etc/UTC", false],
  ["usr/share/infopages", false],
  ["usr/lib/locale/C.utf8", false],
])("isOmittedWhenSlim(%j) is %s", (path, expected) => expect(isOmittedWhenSlim(path)).toBe(expected));
