// The tests that need a real daemon, against each of the stack's: Engines 20.10, 26.1 and 28.5 (graph driver and containerd
// store), and buildkitd. `npm run test:engines -- 28.5 buildkitd` takes some of them.
import path from "node:path";
import { root, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";
import { vitest } from "../vitest.mjs";

const known = ["20.10", "26.1", "28.5", "28.5-containerd", "buildkitd"];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown engine "${unknown[0]}"; known are ${known.join(", ")}`);
  process.exit(2);
}

/** What reads our images with an engine, and what builds with one; buildkitd only builds. */
const reads = ["examples/from-code/test/engine"];
const builds = ["plugins/buildkit/test", "examples/buildkit/test", "packages/test-support/test/stack-network"];
/** buildkitd keeps no images: those that it pushes run on an Engine. */
const engineOf = (daemon) => (daemon === "buildkitd" ? "28.5" : daemon);

await setUp();
const stack = path.join(root, "scripts", "stack");
const total = { passed: 0, failed: 0, skipped: 0 };
try {
  const engines = [...new Set(chosen.map(engineOf))].join(",");
  const buildkitd = chosen.includes("buildkitd") ? ["--buildkitd"] : [];
  await run(process.execPath, [path.join(stack, "up.mjs"), "--engines", engines, ...buildkitd], { capture: true });
  for (const daemon of chosen) {
    const counts = await vitest(
      ["--project", "integration", ...(daemon === "buildkitd" ? [] : reads), ...builds, "--passWithNoTests"],
      { ...process.env, IMAGESPEC_STACK_ENGINE: engineOf(daemon), IMAGESPEC_ENGINES: daemon },
    );
    const name = daemon === "buildkitd" ? daemon : `Engine ${daemon}`;
    say(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
} catch (error) {
  console.error(error.message);
  total.failed++;
} finally {
  await run(process.execPath, [path.join(stack, "down.mjs")], { quiet: true, allowFailure: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
