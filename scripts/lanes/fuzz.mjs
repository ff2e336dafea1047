// The properties of `fuzz-*.test.ts`, with 10,000 runs each; IMAGESPEC_FUZZ_RUNS sets another number. IMAGESPEC_FUZZ_SEED repeats a run.
import { say } from "../run.mjs";
import { setUp } from "../setup.mjs";
import { vitest } from "../vitest.mjs";

await setUp();
const runs = process.env.IMAGESPEC_FUZZ_RUNS ?? "10000";
const seed = process.env.IMAGESPEC_FUZZ_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
say(`properties with ${runs} runs each, seed ${seed}`);
// One file at a time: some watch the clock, and memory. A property may take an hour.
const args = ["--project", "integration", "fuzz-", "--no-file-parallelism", "--testTimeout=3600000"];
const counts = await vitest(args, { ...process.env, IMAGESPEC_FUZZ_RUNS: runs, IMAGESPEC_FUZZ_SEED: seed });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
