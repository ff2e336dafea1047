import { chmod, writeFile } from "node:fs/promises";

/** A package that there is. */
export interface KnownPackage {
  readonly name: string;
  readonly version: string;
  readonly requires?: readonly string[];
  readonly wheel: { readonly url: string; readonly filename: string; readonly size: number; readonly sha256: string };
}

/**
 * Writes a program that resolves as `uv pip compile` does, from a fixed set of packages with one version each. Of a name that it does
 * not know it says what uv says.
 */
export async function writePretendedUv(file: string, packages: readonly KnownPackage[]): Promise<void> {
  await writeFile(file, `#!${process.execPath}\nconst known = ${JSON.stringify(packages)};\n${source}`);
  await chmod(file, 0o755);
}

const source = `
const { readFileSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
if (args[0] === "--version") {
  console.log("uv 0.13.9");
  process.exit(0);
}
const wanted = readFileSync("requirements.in", "utf8").split("\\n").flatMap((line) => /^[\\w.-]+/.exec(line.trim()) ?? []);
const found = new Map();
for (const name of wanted) take(name);
function take(name) {
  if (found.has(name)) return;
  const one = known.find((candidate) => candidate.name === name);
  if (one === undefined) {
    console.error("error: No solution found when resolving dependencies");
    console.error(\`  cause: Because \${name} was not found in the package registry and you require \${name}, we can conclude that your requirements are unsatisfiable.\`);
    process.exit(1);
  }
  found.set(name, one);
  for (const required of one.requires ?? []) take(required);
}
const entries = [...found.values()].map(({ name, version, wheel }) =>
  \`[[packages]]\\nname = "\${name}"\\nversion = "\${version}"\\nwheels = [{ name = "\${wheel.filename}", url = "\${wheel.url}", size = \${wheel.size}, hashes = { sha256 = "\${wheel.sha256}" } }]\\n\`);
writeFileSync(args[args.indexOf("-o") + 1], \`lock-version = "1.0"\\ncreated-by = "uv"\\n\${entries.join("")}\`);
`;
