// Links of all Markdown files lead somewhere, and every package and example has a README.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../run.mjs";

const skipped = new Set(["node_modules", ".git", "dist", ".turbo", ".changeset", "template"]);

async function markdownFiles(folder) {
  const files = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await markdownFiles(full)));
    else if (entry.name.endsWith(".md")) files.push(full);
  }
  return files;
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

async function anchorsOf(file) {
  const text = (await readFile(file, "utf8")).replace(/```[\s\S]*?```/g, "");
  return new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading.replace(/`/g, ""))));
}

export async function checkDocs() {
  const problems = [];
  for (const file of await markdownFiles(root)) {
    const text = (await readFile(file, "utf8")).replace(/```[\s\S]*?```/g, "");
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [relative, anchor] = target.split("#");
      const linked = relative === "" ? file : path.resolve(path.dirname(file), relative);
      const where = `${path.relative(root, file)}: link "${target}"`;
      if (!existsSync(linked)) problems.push(`${where} leads nowhere`);
      else if (anchor && linked.endsWith(".md") && !(await anchorsOf(linked)).has(anchor))
        problems.push(`${where} has no such heading`);
    }
  }
  for (const group of ["packages", "plugins", "examples"]) {
    if (!existsSync(path.join(root, group))) continue;
    for (const name of await readdir(path.join(root, group))) {
      const folder = path.join(root, group, name);
      if (existsSync(path.join(folder, "package.json")) && !existsSync(path.join(folder, "README.md")))
        problems.push(`${group}/${name} has no README.md`);
    }
  }
  if (problems.length > 0) throw new Error(`\n  ${problems.join("\n  ")}`);
}
