import { expect, test } from "vitest";
import { emptyBaseFacts } from "../base/base-facts.ts";
import { imageUser } from "./image-user.ts";

const facts = {
  ...emptyBaseFacts,
  passwd: "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\napp:x:1000:1001::/app:/bin/sh",
  group: "root:x:0:\ngpu:x:44:\n",
};

test("root's base gets the contract's user, beside its own", () => {
  for (const user of ["", "root", "0", "0:0", "root:root"]) {
    const { name, uid, gid, added } = imageUser(undefined, user, facts);
    expect({ name, uid, gid }).toEqual({ name: "imagespec", uid: 65_532, gid: 65_532 });
    expect(added?.passwd).toBe(`${facts.passwd}\nimagespec:x:65532:65532::/home/imagespec:/bin/sh\n`);
    expect(added?.group).toBe(`${facts.group}imagespec:x:65532:\n`);
  }
});

test("a base made here is not given a second one", () => {
  const first = imageUser(undefined, "", facts).added;
  expect(imageUser(undefined, "root", { ...facts, ...first }).added).toEqual(first);
});

test("an empty base gets root too", () => {
  expect(imageUser(undefined, "", emptyBaseFacts).added?.passwd.split("\n")).toHaveLength(3);
});

test.each<[string, number, number]>([
  ["app", 1000, 1001],
  ["1000", 1000, 1001],
  ["4711", 4711, 0],
  ["4711:12", 4711, 12],
  ["app:gpu", 1000, 44],
])("a non-root user of the base is kept: %s", (user, uid, gid) => {
  expect(imageUser(undefined, user, facts)).toEqual({ name: user, uid, gid, added: undefined });
});

test("the spec's user wins, as it stands", () => {
  expect(imageUser("app", "", facts)).toMatchObject({ name: "app", uid: 1000, gid: 1001 });
  expect(imageUser("root", "app", facts)).toMatchObject({ name: "root", uid: 0, gid: 0, added: undefined });
  expect(imageUser("7", "app", facts)).toMatchObject({ name: "7", uid: 7, gid: 0 });
});

test.each(["ghost", "app:ghosts"])("nobody of that name: %s", (user) => {
  expect(() => imageUser(user, "", facts)).toThrow(expect.objectContaining({ code: "BASE_UNSUPPORTED" }));
});

test.each(["-5:5", "5:-5", "1e3:0", "0x10:0", ":0", "4294967295:0", "99999999999999999999:0"])(
  "ids that no system takes: %s",
  (ids) => {
    expect(() => imageUser("app", "", { ...facts, passwd: `app:x:${ids}::/:/bin/sh\n` })).toThrow(
      expect.objectContaining({ code: "BASE_UNSUPPORTED" }),
    );
  },
);
