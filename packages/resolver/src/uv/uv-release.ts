/** The uv that is fetched when none is installed: tried with this resolver, and pinned by the hash of each wheel. */
export const uvRelease = {
  version: "0.13.9",
  wheels: {
    "linux-x64-glibc": {
      filename: "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      sha256: "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    },
    "linux-x64-musl": {
      filename: "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
      sha256: "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    },
    "linux-arm64-glibc": {
      filename: "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
      sha256: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    },
    "linux-arm64-musl": {
      filename: "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
      sha256: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    },
    "darwin-x64": {
      filename: "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
      sha256: "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    },
    "darwin-arm64": {
      filename: "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
      sha256: "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    },
    "win32-x64": {
      filename: "uv-0.13.9-py3-none-win_amd64.whl",
      sha256: "6a44b2ed8111d2f60d2b92627c5dccda3f7ed7570b18ce115e569cd68c28246b",
    },
    "win32-arm64": {
      filename: "uv-0.13.9-py3-none-win_arm64.whl",
      sha256: "eeb92051c2123b9730c46b04cc843cfa4bc7d7b0aec56df431a2215ef4cb0273",
    },
  },
} as const;

/** The pinned uv for build steps inside of images: linked statically, so that it runs on every base. */
export const imageUvReleases: Readonly<
  Record<string, { readonly wheel: keyof typeof uvRelease.wheels; readonly sha256: string; readonly size: number }>
> = {
  "linux/amd64": {
    wheel: "linux-x64-musl",
    sha256: "edbfb9a3d00dc84148e6691cd8740781fdc32db6505d7ef88ba6c3e569d5bec9",
    size: 44_198_984,
  },
  "linux/arm64": {
    wheel: "linux-arm64-musl",
    sha256: "bbecb5ac518030bb5e84f1999c577228460192832ac24a92bd772735682979f4",
    size: 35_584_104,
  },
};

/** Oldest uv on PATH that is used: the first ones lack `--format pylock.toml` or list wheels of other platforms. */
export const oldestUv: readonly [number, number, number] = [0, 9, 17];
