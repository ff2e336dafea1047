// `npm test` and the lanes by name. Ends with one line that sums all suites.
import { existsSync } from "node:fs";
import path from "node:path";
import { checks } from "./check.mjs";
import { root, run, say } from "./run.mjs";
import { setUp } from "./setup.mjs";
import { vitest } from "./vitest.mjs";

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const started = Date.now();

function add(name, counts) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (counts.failed > 0) failures.push(name);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  say(
    `${counts.failed === 0 ? "✔" : "✗"} ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds} s)`,
  );
}

async function check(name) {
  try {
    await checks[name]();
    add(name, { passed: 1, failed: 0, skipped: 0 });
  } catch (error) {
    console.error(error.message);
    add(name, { passed: 0, failed: 1, skipped: 0 });
  }
}

/** Brings the real engine and registry up for the length of the action; where that is impossible the tests say so themselves. */
async function withStack(action, args = []) {
  const up = path.join(root, "scripts", "stack", "up.mjs");
  say("starting the test stack");
  const { code } = await run(process.execPath, [up, ...args], { capture: true, allowFailure: true });
  if (code !== 0) say("the test stack could not be started; tests that need it say what is missing");
  try {
    await action();
  } finally {
    await run(process.execPath, [path.join(root, "scripts", "stack", "down.mjs")], { quiet: true, allowFailure: true });
  }
}

const lanes = {
  everyday: async () => {
    for (const name of ["lint", "types", "boundaries", "unused", "api"]) await check(name);
    add("unit", await vitest(["--project", "unit"]));
    await withStack(async () => add("integration", await vitest(["--project", "integration", "--maxWorkers=2"])));
    for (const name of ["packages", "docs"]) await check(name);
  },
  package: async (name) => {
    const folders = ["packages", "plugins", "integrations"]
      .map((group) => path.join(group, name ?? ""))
      .filter((candidate) => name && existsSync(path.join(root, candidate, "package.json")));
    // Suites that are too slow for every day look at this.
    process.env.IMAGESPEC_WHOLE = "1";
    if (folders.length === 0)
      throw new Error(
        `no package "${name ?? ""}" under packages/, plugins/ or integrations/: npm run test:package -- NAME`,
      );
    add(`unit ${name}`, await vitest(["--project", "unit", ...folders, "--passWithNoTests"]));
    await withStack(async () =>
      add(`integration ${name}`, await vitest(["--project", "integration", ...folders, "--passWithNoTests"])),
    );
  },
};

const [lane = "everyday", ...args] = process.argv.slice(2);
const script = path.join(root, "scripts", "lanes", `${lane}.mjs`);
await setUp();
if (lanes[lane] !== undefined) {
  await lanes[lane](...args);
  if (failures.length > 0) say(`failed: ${failures.join(", ")}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 ? 0 : 1;
} else if (existsSync(script)) {
  const { code } = await run(process.execPath, [script, ...args], { allowFailure: true });
  process.exitCode = code;
} else {
  console.error(`no lane "${lane}"`);
  process.exitCode = 1;
}
