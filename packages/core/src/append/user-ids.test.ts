import { expect, test } from "vitest";
import { userIds } from "./user-ids.ts";

test.each([
  ["imagespec", 65_532, 65_532],
  ["root", 0, 0],
  ["0", 0, 0],
  ["0:0", 0, 0],
  ["1000:12", 1000, 12],
])("%s is known", (user, uid, gid) => expect(userIds(user)).toEqual({ uid, gid }));

test.each(["", "app", "1000", "1000:staff", "imagespec:imagespec", "-1:0", "4294967295:0", "99999999999:0"])(
  "%j is not known without the image's files",
  (user) => expect(userIds(user)).toBeUndefined(),
);
