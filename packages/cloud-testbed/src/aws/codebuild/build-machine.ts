import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { killMarked, runTree } from "../../shared/process-tree.ts";

export interface BuildMachineOptions {
  readonly folder: string;
  readonly shell: "sh" | "bash";
  /** Whether what a command sets is there for the next one: version 0.2 of the buildspec. */
  readonly keepsState: boolean;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The file system and the shell of one build. */
export interface BuildMachine {
  /** CODEBUILD_SRC_DIR */
  readonly source: string;
  readonly home: string;
  /** First on the PATH. */
  readonly bin: string;
  setVariables(variables: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Runs a command as a script of its own, around the environment and the folder that the one before left.
   *
   * @returns nothing when it went well, else how it ended, in CodeBuild's words: `exit status 2`
   */
  run(command: string): Promise<string | undefined>;
  /** The value that a variable has now. */
  variable(name: string): Promise<string>;
}

/** The variable by which everything that a build started is found again. */
export const buildMark = "CODEBUILD_BUILD_ARN";

export async function createFolders(
  folder: string,
): Promise<{ readonly source: string; readonly home: string; readonly bin: string }> {
  const folders = { source: path.join(folder, "src"), home: path.join(folder, "home"), bin: path.join(folder, "bin") };
  for (const each of [...Object.values(folders), path.join(folder, "tmp"), path.join(folder, "state")]) {
    await mkdir(each, { recursive: true });
  }
  return folders;
}

export async function createBuildMachine(options: BuildMachineOptions): Promise<BuildMachine> {
  const { folder, signal } = options;
  const { source, home, bin } = await createFolders(folder);
  const state = (name: string) => path.join(folder, "state", name);
  const [environment, directory, script] = [state("environment.sh"), state("directory"), state("script.sh")];
  await writeFile(environment, "");
  await writeFile(directory, source);
  // What a command finds before it has read the environment.
  const env = {
    PATH: [bin, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":"),
    HOME: home,
    TMPDIR: path.join(folder, "tmp"),
  };
  const execute = (text: string, onLine: (line: string) => void) =>
    writeFile(script, text).then(() => runTree([options.shell, script], { cwd: source, env, onLine, signal }));
  return {
    source,
    home,
    bin,
    async setVariables(variables) {
      const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
      await writeFile(environment, (await readFile(environment, "utf8")) + lines.join(""));
    },
    async run(command) {
      const keep = `export -p > ${quote(environment)}\npwd > ${quote(directory)}\n`;
      const text = [
        `cd "$(cat ${quote(directory)})"`,
        `. ${quote(environment)}`,
        "set -a",
        command,
        "CODEBUILD_LAST_EXIT=$?",
        `${options.keepsState ? keep : ""}exit $CODEBUILD_LAST_EXIT\n`,
      ];
      const { exitCode, signal: killer } = await execute(text.join("\n"), options.onLine);
      if (exitCode === 0) return undefined;
      return exitCode === undefined ? `signal: ${killer}` : `exit status ${exitCode}`;
    },
    async variable(name) {
      const lines: string[] = [];
      await execute(`. ${quote(environment)}\nprintf %s "\${${name}-}"\n`, (line) => lines.push(line));
      return lines.join("\n");
    },
  };
}

/** Takes the machine away: all that runs on it, wherever it went, and its files. */
export async function removeBuildMachine(folder: string, arn: string): Promise<void> {
  await killMarked(buildMark, arn);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
