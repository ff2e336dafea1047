import { packagePath } from "../package-path.ts";
import type { Emulation } from "./emulation.ts";

/** `/etc/shells` as update-shells makes it: the template, then what packages declare, each with its merged twin. */
export const shells: Emulation = ({ tree }) => {
  const declarations = [
    "usr/share/debianutils/shells",
    ...tree.pathsBelow("usr/share/debianutils/shells.d").filter((path) => tree.get(path)?.type === "file"),
  ].map((path) => tree.text(path));
  const declared = new Set<string>();
  for (const line of declarations.join("\n").split("\n")) {
    const shell = line.replace(/#.*/, "");
    if (shell === "") continue;
    declared.add(shell);
    declared.add(`/${packagePath(shell)}`);
  }
  const lines = new Set((declarations[0] ?? "").split("\n").filter((line) => line !== ""));
  tree.writeFile("etc/shells", `${[...lines, ...[...declared].filter((shell) => !lines.has(shell))].join("\n")}\n`);
  tree.writeFile("var/lib/shells.state", `${[...declared].join("\n")}\n`);
};
