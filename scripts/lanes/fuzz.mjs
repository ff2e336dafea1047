// The properties of `fuzz-*.test.ts`, with 10,000 runs each; IMAGESPEC_FUZZ_RUNS sets another number. A failure prints its seed.
import { say } from "../run.mjs";
import { setUp } from "../setup.mjs";
import { vitest } from "../vitest.mjs";

await setUp();
const runs = process.env.IMAGESPEC_FUZZ_RUNS ?? "10000";
say(`properties with ${runs} runs each`);
// One file at a time: some watch the clock, and memory. A property may take an hour.
const args = ["--project", "integration", "fuzz-", "--no-file-parallelism", "--testTimeout=3600000"];
const counts = await vitest(args, { ...process.env, IMAGESPEC_FUZZ_RUNS: runs });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
