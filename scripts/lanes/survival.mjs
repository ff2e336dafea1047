// What breaks in the real world costs a retry, never a wrong image: kill -9, faults, full disks, Ctrl-C, with ten times as many moments
// as `npm test` has. IMAGESPEC_SURVIVAL_SEED repeats a run.
import { setUp } from "../setup.mjs";
import { vitest } from "../vitest.mjs";

await setUp();
const counts = await vitest(["--project", "integration", "packages/cli/test/survival"], {
  ...process.env,
  IMAGESPEC_SURVIVAL_MOMENTS: process.env.IMAGESPEC_SURVIVAL_MOMENTS ?? "200",
});
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
