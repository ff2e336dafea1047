import { allCases } from "./all-cases.ts";
import { skipReason } from "./applicable.ts";
import { type ConformanceCase, conformanceGroups } from "./conformance-case.ts";
import type { ConformanceOptions } from "./conformance-options.ts";
import { Session } from "./session/session.ts";

/** The function of a test runner that takes one test: `test` of vitest, jest or node:test. */
export interface TestFunction {
  (name: string, run: () => Promise<void>, timeoutMs?: number): unknown;
  readonly skip?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
}

/** {@link ConformanceOptions} and the test runner's functions. */
export interface TestBuilderOptions extends ConformanceOptions {
  readonly test: TestFunction;
  /** Groups tests. @default the group stands in the name of each test */
  readonly describe?: ((name: string, define: () => void) => unknown) | undefined;
  /**
   * Runs something after the last test: `afterAll` of vitest and jest, `after` of node:test. Needed only to tidy up when some tests
   * are run alone. @default what was opened is closed by the last test of the suite, or with the process
   */
  readonly afterAll?: ((run: () => Promise<void>) => unknown) | undefined;
}

/**
 * Lays out the conformance suite as tests of a test runner. What a builder need not pass is skipped, with the capability that it
 * does not declare in the name; nothing else is.
 */
export function testBuilder({ test, describe, afterAll, ...options }: TestBuilderOptions): void {
  const session = new Session(options);
  const { name } = session.builder;
  const left = new Set(allCases.filter((each) => skipReason(session, each) === undefined));
  const timeoutMs = session.settings.timeoutMs ?? 120_000;
  const closeAtExit = (): void => {
    // Where only some tests are run, the last one does not know that it is.
    void session.close();
  };
  if (afterAll === undefined) process.once("beforeExit", closeAtExit);
  else afterAll(() => session.close());

  const register = (each: ConformanceCase, prefix: string): void => {
    const reason = skipReason(session, each);
    if (reason !== undefined) {
      const skipped = `${prefix}${each.title} (skipped: ${reason})`;
      const nothing = async (): Promise<void> => undefined;
      if (test.skip === undefined) test(skipped, nothing);
      else test.skip(skipped, nothing);
      return;
    }
    const run = async (): Promise<void> => {
      try {
        await each.run(session);
      } finally {
        left.delete(each);
        if (left.size === 0) {
          process.off("beforeExit", closeAtExit);
          await session.close();
        }
      }
    };
    test(`${prefix}${each.title}`, run, timeoutMs);
  };

  for (const group of conformanceGroups) {
    const cases = allCases.filter((each) => each.group === group);
    if (cases.length === 0) continue;
    if (describe === undefined) for (const each of cases) register(each, `${name}: ${group}: `);
    else describe(`${name}: ${group}`, () => cases.forEach((each) => void register(each, "")));
  }
}
