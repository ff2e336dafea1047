import type { ImageFile } from "../contents/image-file.ts";
import type { Violations } from "./violations.ts";

const id = 65_532;
const home = "/home/imagespec";

/** The user `imagespec`: in passwd and group beside those of the base, with a home that is its own. */
export function checkUser(violations: Violations, files: ReadonlyMap<string, ImageFile>, workdir: string): void {
  const passwd = textOf(files, "/etc/passwd");
  const user = passwd.find((fields) => fields[0] === "imagespec");
  violations.check(
    user?.[2] === String(id) && user[3] === String(id) && user[5] === home,
    "user-entry",
    user === undefined ? "/etc/passwd has no imagespec" : `/etc/passwd has "${user.join(":")}"`,
  );
  const group = textOf(files, "/etc/group").find((fields) => fields[0] === "imagespec");
  violations.check(
    group?.[2] === String(id),
    "user-entry",
    group === undefined ? "/etc/group has no imagespec" : `/etc/group has "${group.join(":")}"`,
  );
  const ids = passwd.filter((fields) => fields[2] === String(id)).length;
  violations.check(ids <= 1, "user-entry", `/etc/passwd has ${ids} users with the id ${id}`);
  for (const [rule, folder] of [
    ["home", home],
    ["workdir-owner", workdir],
  ] as const) {
    const file = files.get(folder);
    violations.check(
      file?.type === "directory" && file.uid === id && file.gid === id && (file.mode & 0o700) === 0o700,
      rule,
      file === undefined
        ? `${folder} is not there`
        : `${folder} is a ${file.type} of ${file.uid}:${file.gid} with mode ${file.mode.toString(8)}`,
    );
  }
}

function textOf(files: ReadonlyMap<string, ImageFile>, path: string): readonly (readonly string[])[] {
  const lines = Buffer.from(files.get(path)?.content ?? [])
    .toString()
    .split("\n");
  return lines.filter((line) => line !== "").map((line) => line.split(":"));
}
