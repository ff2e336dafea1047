import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { expect, it } from "vitest";

const bin = fileURLToPath(new URL("../bin/imagespec.js", import.meta.url));

/** What Node does with the file, up to where it needs a module. */
async function startOn(
  version: string,
): Promise<{ readonly said: string; readonly exitCode: number | undefined; readonly required: readonly string[] }> {
  const required: string[] = [];
  let said = "";
  const process_ = {
    version: `v${version}`,
    versions: { node: version },
    exitCode: undefined as number | undefined,
    stderr: {
      write: (text: string) => {
        said += text;
      },
    },
  };
  const require_ = (id: string): never => {
    required.push(id);
    throw new Error("no module is needed");
  };
  const source = (await readFile(bin, "utf8")).replace(/^#!.*/, "");
  try {
    vm.runInNewContext(source, { process: process_, require: require_, __dirname: "/" });
  } catch (error) {
    if (required.length === 0) throw error;
  }
  return { said, exitCode: process_.exitCode, required };
}

it.each(["6.17.1", "12.22.12", "18.20.8", "20.18.3"])("says on Node %s what it needs", async (version) => {
  expect(await startOn(version)).toEqual({
    said: `imagespec needs Node.js 20.19 or newer, this is v${version}\n`,
    exitCode: 1,
    required: [],
  });
});

it.each(["20.19.0", "22.0.0", "100.1.0"])("starts on Node %s", async (version) => {
  expect(await startOn(version)).toMatchObject({ said: "", required: ["node:module"] });
});

it("has no syntax that is younger than the versions that it turns away", async () => {
  const source = await readFile(bin, "utf8");
  for (const young of [
    /\?\?/,
    /\?\./,
    /\*\*/,
    /\basync\b/,
    /\bimport\s*\(/,
    /catch\s*\{/,
    /\d_\d/,
    /\{\s*\.\.\./,
    /\.\.\.\w+\s*\}/,
    /#\w+\s*[=(;]/,
    /,\s*\)/,
  ])
    expect(source.replace(/^#!.*|\/\/.*/gm, "")).not.toMatch(young);
});
