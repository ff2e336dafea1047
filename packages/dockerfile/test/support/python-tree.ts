import { mkdir } from "node:fs/promises";
import path from "node:path";
import { run, type Stack, type StackEngineName } from "@imagespec/test-support";

/** `/usr/local` of one of the stack's Python images, as a folder of this machine. */
export async function pythonTree(
  stack: Stack,
  engine: StackEngineName,
  image: string,
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { stdout } = await stack.docker(["create", image], { engine });
  const container = stdout.trim().split("\n").at(-1) ?? "";
  try {
    await stack.docker(["cp", `${container}:/usr/local`, folder], { engine });
  } finally {
    await stack.docker(["rm", "-f", container], { engine });
  }
  const tree = path.join(folder, "local");
  await run([
    "rm",
    "-rf",
    path.join(tree, "share"),
    path.join(tree, "include"),
    path.join(tree, "lib/python3.12/test"),
  ]);
  await run(["find", tree, "-name", "__pycache__", "-prune", "-exec", "rm", "-rf", "{}", "+"]);
  return tree;
}
