// The tests that read our images with a real engine, against Engines 20.10, 26.1 and 28.5 (graph driver and containerd store).
import path from "node:path";
import { root, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";
import { vitest } from "../vitest.mjs";

const engines = ["20.10", "26.1", "28.5", "28.5-containerd"];

await setUp();
const stack = path.join(root, "scripts", "stack");
const total = { passed: 0, failed: 0, skipped: 0 };
try {
  await run(process.execPath, [path.join(stack, "up.mjs"), "--engines", engines.join(",")], { capture: true });
  for (const engine of engines) {
    const counts = await vitest(["--project", "integration", "examples/from-code/test/engine"], {
      ...process.env,
      IMAGESPEC_STACK_ENGINE: engine,
    });
    say(`Engine ${engine}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
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
