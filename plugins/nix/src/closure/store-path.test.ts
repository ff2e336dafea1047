import { expect, test } from "vitest";
import { parseStorePaths, readStorePaths } from "./store-path.ts";

const dump = [
  "/nix/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-python3-3.13",
  "d725f50125948b2ff39250cf9b5bfe85d0b8af5e71530e0205d444844fa307c6",
  "856",
  "/nix/store/cccccccccccccccccccccccccccccccc-python3.drv",
  "2",
  "/nix/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-python3-3.13",
  "/nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-glibc",
  "/nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-glibc",
  "sha256:ed8c2a95d6a71d7ee3a80fd0cd5656e5e274ae4a96b50d2a43b664b517a4c8e3",
  "1632",
  "",
  "0",
  "",
].join("\n");

test("store paths are read from what nix-store dumps, sorted, without references to themselves", () => {
  const paths = parseStorePaths(dump);
  expect(paths).toEqual([
    {
      path: "/nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-glibc",
      narHash: "ed8c2a95d6a71d7ee3a80fd0cd5656e5e274ae4a96b50d2a43b664b517a4c8e3",
      narSize: 1632,
      references: [],
    },
    {
      path: "/nix/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-python3-3.13",
      narHash: "d725f50125948b2ff39250cf9b5bfe85d0b8af5e71530e0205d444844fa307c6",
      narSize: 856,
      references: ["/nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-glibc"],
    },
  ]);
  expect(readStorePaths(JSON.parse(JSON.stringify(paths)))).toEqual(paths);
  expect(parseStorePaths("")).toEqual([]);
});

test("what was kept in another form is as if it were not there", () => {
  for (const value of [undefined, {}, [1], [{ path: "/nix/store/x" }]]) expect(readStorePaths(value)).toBeUndefined();
});
