import { expect, test } from "vitest";
import { MemoryImages, type TestFile, tarOf } from "../testing/memory-images.ts";
import { compareImages } from "./compare-images.ts";

const site = "opt/venv/lib/python3.12/site-packages";
const files: readonly TestFile[] = [
  { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\nimagespec:x:65532:65532::/home/imagespec:/bin/sh\n" },
  { path: `${site}/pkg/__init__.py`, content: "x = 1\n" },
  { path: `${site}/pkg-1.dist-info/RECORD`, content: "pkg/__init__.py,,\n../../../bin/run,,\n" },
  { path: `${site}/pkg-1.dist-info/INSTALLER`, content: "uv\n" },
  { path: "opt/venv/bin/run", content: "#!uv", mode: 0o755 },
  { path: "opt/venv/bin/activate", content: "only uv writes it" },
  { path: "app/main.py", content: "print(1)\n", uid: 65_532 },
];
const config = { Env: ["A=1", "B"], WorkingDir: "/app", Entrypoint: [], Labels: { l: "1" } };

function images(other: readonly TestFile[], otherConfig: object) {
  const source = new MemoryImages();
  const one = source.image([tarOf(files)], { tag: "one", config });
  const two = source.image([tarOf(other)], { tag: "two", config: otherConfig });
  return [
    { name: "buildkit", source, digest: one.digest },
    { name: "assemble", source, digest: two.digest },
  ] as const;
}

test("takes for equal what the contract does not promise", async () => {
  const other = files
    .filter(({ path }) => !path.endsWith("activate"))
    .map((file) => (/INSTALLER|bin\/run/.test(file.path) ? { ...file, content: "imagespec" } : file));
  const { Entrypoint: _empty, ...rest } = config;
  expect(await compareImages(...images([...other, { path: `${site}/own.pth`, content: "/app" }], rest))).toEqual([]);
});

test("says in words how images differ", async () => {
  const other = files.flatMap((file): TestFile[] => {
    if (file.path === "app/main.py") return [{ ...file, mode: 0o755, uid: 0 }];
    if (file.path.endsWith("__init__.py")) return [];
    return [file];
  });
  const different = { ...config, Env: ["A=2", "C=3"], User: "root", Labels: {} };
  expect(await compareImages(...images([...other, { path: "app/extra" }], different))).toEqual([
    'User is null from buildkit, "root" from assemble',
    'the variable A is "1" from buildkit, "2" from assemble',
    'the variable B is "" from buildkit, not set from assemble',
    'the variable C is not set from buildkit, "3" from assemble',
    'the label l is "1" from buildkit, not set from assemble',
    "/app/extra is there from assemble alone",
    "/app/main.py has mode 644 and 755, uid 65532 and 0 from buildkit and assemble",
    `/${site}/pkg/__init__.py is there from buildkit alone`,
  ]);
});
