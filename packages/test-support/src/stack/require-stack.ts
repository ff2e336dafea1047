import { isImageSpecError } from "@imagespec/errors";
import type { Stack } from "./stack.ts";
import { type StackOptions, startStack } from "./start-stack.ts";

/** The part of a vitest test context that is used here. */
export interface SkippableTest {
  readonly skip: (note?: string) => never;
}

/**
 * The stack for one test: `test("…", async (context) => { const stack = await requireStack(context); … })`.
 *
 * Where the machine cannot have it, the test is skipped with the name of what is missing; in CI (`CI` set) it fails, since
 * there a skip would hide that nothing was tested.
 *
 * @throws ENGINE_DOWN when the stack is there to be had and does not come up, and in CI also when it is not
 */
export async function requireStack(
  context: SkippableTest,
  options: StackOptions = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Stack> {
  return stackOrSkip(() => startStack(options, environment), context, environment);
}

/** @internal */
export async function stackOrSkip<T>(
  start: () => Promise<T>,
  context: SkippableTest,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const inCi = environment["CI"] !== undefined && environment["CI"] !== "" && environment["CI"] !== "false";
    if (inCi || !isImageSpecError(error, "ENGINE_DOWN") || error.details["missing"] === undefined) throw error;
    return context.skip(error.message);
  }
}
