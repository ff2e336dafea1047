import type { Emulation } from "./emulation.ts";

const manual = "/usr/share/man/man1";

/** One alternative at priority 20 with its manual page. */
function compiler(name: string, program: string): Emulation {
  return ({ addAlternative }) =>
    addAlternative({
      link: `/usr/bin/${name}`,
      name,
      path: `/usr/bin/${program}`,
      priority: 20,
      slaves: [{ link: `${manual}/${name}.1.gz`, name: `${name}.1.gz`, path: `${manual}/${program}.1.gz` }],
    });
}

export const gcc: Emulation = compiler("cc", "gcc");

export const gxx: Emulation = compiler("c++", "g++");

/** The names of LZMA Utils for the programs of XZ Utils. */
export const xzUtils: Emulation = ({ addAlternative }) => {
  const twin = (folder: string, name: string, target: string) => ({
    link: `${folder}/${name}`,
    name,
    path: `${folder}/${target}`,
  });
  const tools = ["cat", "more", "less", "diff", "cmp", "grep", "egrep", "fgrep"];
  addAlternative({
    link: "/usr/bin/lzma",
    name: "lzma",
    path: "/usr/bin/xz",
    priority: 20,
    slaves: [
      twin(manual, "lzma.1.gz", "xz.1.gz"),
      twin("/usr/bin", "unlzma", "unxz"),
      twin(manual, "unlzma.1.gz", "unxz.1.gz"),
      ...tools.flatMap((tool) => [
        twin("/usr/bin", `lz${tool}`, `xz${tool}`),
        twin(manual, `lz${tool}.1.gz`, `xz${tool}.1.gz`),
      ]),
    ],
  });
};
