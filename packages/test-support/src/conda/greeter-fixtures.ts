import { type CondaFixture, condaPrefix } from "./conda-fixture.ts";

/**
 * Small packages that stand on each other: `greeter` (a Python module and the command `greet`, 1.0 and 1.1, for Python 3.12)
 * needs `greeter-data`, which has a text that tells the prefix, and the shell command `greeting-path`.
 */
export const greeterFixtures: readonly CondaFixture[] = [
  {
    name: "greeter-data",
    version: "2026.1",
    build: "h1_1",
    format: "tar.bz2",
    files: {
      "share/greeter/greeting.txt": `hello from ${condaPrefix}\n`,
      "bin/greeting-path": { content: `#!/bin/sh\necho "${condaPrefix}/share/greeter/greeting.txt"\n`, mode: 0o755 },
    },
  },
  ...["1.0", "1.1"].map(
    (version): CondaFixture => ({
      name: "greeter",
      version,
      build: "py_0",
      format: version === "1.0" ? "tar.bz2" : "conda",
      noarch: "python",
      depends: ["greeter-data >=2026", "python >=3.12,<3.13.0a0"],
      entryPoints: ["greet = greeter:main"],
      files: {
        "site-packages/greeter/__init__.py": `import pathlib, sys

__version__ = "${version}"


def main():
    data = pathlib.Path(__file__).parents[4] / "share" / "greeter" / "greeting.txt"
    sys.stdout.write(f"greeter {__version__}: {data.read_text()}")
`,
        [`site-packages/greeter-${version}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: greeter\nVersion: ${version}\n`,
        [`site-packages/greeter-${version}.dist-info/INSTALLER`]: "conda\n",
      },
    }),
  ),
];
