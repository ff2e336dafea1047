import { expect, test } from "vitest";
import type { SourceFile } from "../source/source-tree.ts";
import { largeSource } from "./large-source.ts";

const file = (destination: string, size: number): SourceFile => ({
  destination,
  kind: "file",
  executable: false,
  size,
  digest: undefined,
  linkTarget: undefined,
});

test("a large source tree is told of with its largest files, a usual one is not", () => {
  const files = [file("/app/a.py", 1000), file("/app/data/train.bin", 2_000_000_000), file("/app/b.bin", 90_000_000)];
  const size = files.reduce((sum, one) => sum + one.size, 0);
  const source = { files, size, open: () => [] as never, verify: async () => {} };
  expect(largeSource({ source })).toBe(
    "exclude what the image does not need in .dockerignore: the source has 2090 MB, most of it in /app/data/train.bin (2000 MB), /app/b.bin (90 MB), /app/a.py (0 MB)",
  );
  expect(largeSource({ source: { ...source, size: 1000 } })).toBeUndefined();
});
