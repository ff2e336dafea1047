import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startRegistryServer } from "@imagespec/registry-server";
import { expect, test } from "vitest";
import { TerminalNormalizer } from "./normalize-terminal.ts";
import { runInTerminal, terminalMissing } from "./run-in-terminal.ts";
import { terminalProject, trainSpec } from "./terminal-project.ts";

const guide = new URL("../../../../docs/guide/terminals.md", import.meta.url);
/** As wide as what is read on a screen of documentation. */
const columns = 96;

/** Runs commands as somebody would in one folder, and keeps what was to be seen. */
async function sections(): Promise<ReadonlyMap<string, string>> {
  await using project = await terminalProject();
  await using server = await startRegistryServer();
  const folder = await project.open();
  const normalizer = new TerminalNormalizer({ [folder.cwd]: "/home/ada/train", [folder.cache]: "/home/ada/.cache" });
  const found = new Map<string, string>();
  const run = async (title: string, ...args: readonly string[]): Promise<void> => {
    const { screen } = await runInTerminal(args, { ...folder, columns });
    const shown = normalizer.normalize(`$ imagespec ${args.join(" ")}\n${screen.text}`);
    found.set(title, `${found.get(title) ?? ""}${shown}`);
  };
  const withPackages = (packages: string): Promise<void> =>
    folder.write("train.image.yaml", trainSpec.replace(/^packages: .*$/m, `packages: ${packages}`));

  await run("Before anything is built", "plan");
  await run("The first build", "build");
  await run("Nothing changed", "build");
  await folder.write("src/train/__main__.py", 'print("score 0.95")\n');
  await run("One line of the source changed", "build");
  await run("Into a registry", "build", "--registry", server.address);
  await withPackages("[pandas, scikit-learnn]");
  await run("A package is misspelt", "build");
  await folder.write(
    "train.image.yaml",
    trainSpec
      .replace("packages:", "packges:")
      .replace('pythonVersion: "3.13"', "pythonVersion: 3.13.x")
      .replace('{ OMP_NUM_THREADS: "2" }', "{ OMP_NUM_THREADS: 2 }"),
  );
  await run("Several things are wrong in the spec", "build");
  await folder.write("train.image.yaml", `${trainSpec}commands: ["python -m compileall ."]\n`);
  await run("No builder can do it", "build");
  await run("Why this builder", "explain");
  await folder.write("train.image.yaml", trainSpec);
  await run("The lock no longer fits", "lock");
  await withPackages("[pandas]");
  await run("The lock no longer fits", "build");
  await run("The lock no longer fits", "lock");
  return found;
}

// Run it with -u to write the guide anew, and read what changed.
test.skipIf(terminalMissing !== undefined)(
  `the guide shows terminals as they are${terminalMissing === undefined ? "" : ` (${terminalMissing})`}`,
  async () => {
    const text = await readFile(guide, "utf8");
    const found = await sections();
    expect(text).toContain(`\`\`\`yaml train.image.yaml\n${trainSpec}\`\`\``);
    const parts = text.split(/^(?=## )/m);
    const updated = parts.map((part) => {
      const [, title = ""] = /^## (.*)$/m.exec(part) ?? [];
      const shown = found.get(title);
      return shown === undefined ? part : part.replace(/```text\n[\s\S]*?```/, () => `\`\`\`text\n${shown}\`\`\``);
    });
    const titles = parts.slice(1).map((part) => /^## (.*)$/m.exec(part)?.[1]);
    expect(titles).toEqual(expect.arrayContaining([...found.keys()]));
    await expect(updated.join("")).toMatchFileSnapshot(fileURLToPath(guide));
  },
);
