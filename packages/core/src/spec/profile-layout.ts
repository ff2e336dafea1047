import { defaultWorkdir } from "./defaults.ts";
import type { ImageProfile } from "./image-spec-input.ts";

/** What images of a profile look like, where profiles differ: docs/reference/image-contract.md. */
export interface ProfileLayout {
  readonly user: {
    readonly name: string;
    /** Of user and group. */
    readonly id: number;
    readonly home: string;
    readonly shell: string;
  };
  /** Whether a base whose configuration has a user other than root keeps it. */
  readonly keepsBaseUser: boolean;
  /** Where a spec sets none. */
  readonly workdir: string;
  /** Links that lead to `/opt/venv`, for whoever knows the environment by another path. */
  readonly venvLinks: readonly string[];
  /** Folders after those that the base has on `PATH`. */
  readonly lastOnPath: readonly string[];
  /** Variables that the base's configuration adds to: `name` → what stands before its value. */
  readonly pathPrefixes: Readonly<Record<string, string>>;
  /** Variables that a spec may replace. */
  readonly env: Readonly<Record<string, string>>;
}

const layouts: Readonly<Record<ImageProfile, ProfileLayout>> = {
  imagespec: {
    user: { name: "imagespec", id: 65_532, home: "/home/imagespec", shell: "/bin/sh" },
    keepsBaseUser: true,
    workdir: defaultWorkdir,
    venvLinks: [],
    lastOnPath: [],
    pathPrefixes: {},
    env: {},
  },
  flytekit: {
    user: { name: "flytekit", id: 1000, home: "/home/flytekit", shell: "/bin/bash" },
    keepsBaseUser: false,
    workdir: "/root",
    venvLinks: ["/opt/micromamba/envs/runtime"],
    lastOnPath: ["/usr/local/nvidia/bin", "/usr/local/cuda/bin"],
    pathPrefixes: { LD_LIBRARY_PATH: "/usr/local/nvidia/lib64" },
    env: {
      UV_PYTHON: "/opt/venv/bin/python",
      UV_COMPILE_BYTECODE: "1",
      UV_LINK_MODE: "copy",
      FLYTE_SDK_RICH_TRACEBACKS: "0",
      SSL_CERT_DIR: "/etc/ssl/certs",
      PYTHONPATH: "/root",
    },
  },
};

/** The layout of a profile. */
export function profileLayout(profile: ImageProfile): ProfileLayout {
  return layouts[profile];
}

/** The links of a profile to an environment on an interpreter; where that one lives, the base's own folder stays. */
export function venvLinks(profile: ImageProfile, python: string): readonly string[] {
  return layouts[profile].venvLinks.filter((link) => !python.startsWith(`${link}/`));
}

/** The variables of a profile on top of a base's: without `PATH`, which every image has. */
export function profileEnv(profile: ImageProfile, baseEnv: readonly string[]): Readonly<Record<string, string>> {
  const { env, pathPrefixes } = layouts[profile];
  const joined = Object.entries(pathPrefixes).map(([name, first]) => {
    const there = baseEnv.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    const others = (there ?? "").split(":").filter((folder) => folder !== "" && folder !== first);
    return [name, [first, ...others].join(":")] as const;
  });
  return { ...env, ...Object.fromEntries(joined) };
}
