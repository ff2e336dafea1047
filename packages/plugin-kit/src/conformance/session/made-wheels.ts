import { makeWheel } from "../../wheels/make-wheel.ts";
import type { IndexFixture } from "../../wheels/serve-index.ts";
import { madeSdist } from "./made-sdist.ts";

/** A made distribution and what an installer has to make of it. */
export interface MadeDistribution {
  readonly name: string;
  readonly version: string;
}

/** What `packages` of {@link madePackages} comes to. */
export const madeDistributions: readonly MadeDistribution[] = [
  { name: "conf-alpha", version: "1.4" },
  { name: "conf-beta", version: "2.0.1" },
  { name: "conf-gamma", version: "0.3" },
];

/** What a spec asks for: one package that needs another, one pinned. */
export const madePackages: readonly string[] = ["conf-alpha", "Conf_Gamma==0.3"];

/** The program of `conf-alpha`. */
export const madeScript = "conf-alpha-run";

/** The wheels of the suite's package index, older versions among them. */
export function madeWheels(): IndexFixture[] {
  return [
    makeWheel({
      name: "conf-alpha",
      version: "1.4",
      requires: ["conf-beta>=2"],
      files: {
        "conf_alpha/__init__.py": "def main():\n    print('alpha')\n",
        "conf_alpha/data/table.bin": Buffer.from([0, 255, 13, 10, 128]),
      },
      entryPoints: `[console_scripts]\n${madeScript} = conf_alpha:main\n`,
    }),
    makeWheel({ name: "conf-alpha", version: "1.3", requires: ["conf-beta"] }),
    makeWheel({ name: "conf-beta", version: "2.0.1" }),
    makeWheel({ name: "conf-beta", version: "1.0" }),
    makeWheel({ name: "conf-gamma", version: "0.3", files: { "conf_gamma/naïve.txt": "ä\n" } }),
    makeWheel({ name: "conf-gamma", version: "0.4" }),
    madeSdist(),
    makeWheel({ name: "conf-foreign", version: "1.0", tag: "cp312-cp312-win_amd64" }),
    { ...makeWheel({ name: "conf-corrupt", version: "1.0" }), sha256: "0".repeat(64) },
  ];
}
