import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { userOf } from "./user-of.ts";

const root = mkdtempSync(join(tmpdir(), "imagespec-users-"));
mkdirSync(join(root, "etc"));
writeFileSync(
  join(root, "etc/passwd"),
  "root:x:0:0::/root:/bin/sh\nimagespec:x:65532:65533::/home/imagespec:/bin/sh\n",
);
writeFileSync(join(root, "etc/group"), "root:x:0:\nstaff:x:50:\n");
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ["", 0, 0],
  ["root", 0, 0],
  ["imagespec", 65532, 65533],
  ["65532", 65532, 65533],
  ["1000", 1000, 0],
  ["imagespec:staff", 65532, 50],
  ["1000:2000", 1000, 2000],
])("%j", (user, uid, gid) => {
  expect(userOf(user, root)).toEqual({ uid, gid });
});

test.each(["nobody", "root:nobody"])("%s is unknown", (user) => {
  expect(() => userOf(user, root)).toThrow('"nobody"');
});

test("numbers need no files", () => {
  const empty = mkdtempSync(join(tmpdir(), "imagespec-users-"));
  expect(userOf("7:8", empty)).toEqual({ uid: 7, gid: 8 });
  rmSync(empty, { recursive: true });
});
