import type { Emulation } from "./emulation.ts";

/** passwd and group from Debian's masters: passwords are `*`, so that nobody can log in by one. */
export function basePasswd(options: { readonly subordinateIds: boolean }): Emulation {
  return ({ tree }) => {
    tree.copyFile("usr/share/base-passwd/passwd.master", "etc/passwd");
    tree.copyFile("usr/share/base-passwd/group.master", "etc/group");
    if (options.subordinateIds) for (const file of ["etc/subuid", "etc/subgid"]) tree.touch(file);
  };
}
