import { readFileSync } from "node:fs";
import { ImageSpecError } from "@imagespec/errors";
import { PathInRoot, segmentsOf } from "./path-in-root.ts";

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ids that a `User` of an image's configuration means, by the passwd and group files of the image.
 *
 * @throws SPEC_VALUE for a name that the image does not have
 */
export function userOf(user: string, root: string): UserIds {
  const [name = "", group] = user.split(":");
  if (name === "") return { uid: 0, gid: 0 };
  const entry = read(root, "etc/passwd").find((fields) => fields[0] === name || fields[2] === name);
  const uid = /^\d+$/.test(name) ? Number(name) : Number(entry?.[2] ?? Number.NaN);
  if (!Number.isInteger(uid)) throw unknown("user", name);
  if (group === undefined || group === "") return { uid, gid: Number(entry?.[3] ?? 0) };
  const found = read(root, "etc/group").find((fields) => fields[0] === group);
  const gid = /^\d+$/.test(group) ? Number(group) : Number(found?.[2] ?? Number.NaN);
  if (!Number.isInteger(gid)) throw unknown("group", group);
  return { uid, gid };
}

function read(root: string, file: string): readonly (readonly string[])[] {
  try {
    const text = readFileSync(new PathInRoot(root).entry(segmentsOf(file)), "utf8");
    return text.split("\n").map((line) => line.split(":"));
  } catch {
    // An image without the file has no names, only numbers.
    return [];
  }
}

function unknown(kind: "user" | "group", name: string): ImageSpecError {
  return new ImageSpecError("SPEC_VALUE", `the image has no ${kind} "${name}"`, {
    hint: `use a ${kind} of the image's /etc/${kind === "user" ? "passwd" : "group"}, or a number`,
  });
}
