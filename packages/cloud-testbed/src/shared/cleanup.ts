/** What has to be done at the end, in the opposite order of its registration. */
export interface Cleanup {
  defer(action: () => Promise<unknown> | unknown): void;
  /** Does all of it, whatever of it fails. @throws the first failure */
  run(): Promise<void>;
}

export function createCleanup(): Cleanup {
  let actions: (() => Promise<unknown> | unknown)[] = [];
  return {
    defer: (action) => void actions.push(action),
    async run() {
      const failures: unknown[] = [];
      const rest = actions;
      actions = [];
      for (const action of rest.reverse()) {
        try {
          await action();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
