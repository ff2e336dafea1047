import { expect } from "vitest";

// The big properties draw one seed in the everyday lane, so that a run says the same twice; `npm run test:fuzz` draws its own.
// Only for them: importing fast-check costs more than most test files take.
if (/fuzz-[^/\\]*$/.test(expect.getState().testPath ?? "")) {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed: Number(process.env["IMAGESPEC_FUZZ_SEED"] ?? 20_261_125) });
}
