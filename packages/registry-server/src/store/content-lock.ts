/**
 * Keeps content and the links to it together: operations that store content and then link it share the lock, the one that removes content
 * without links has it alone.
 */
export interface ContentLock {
  shared<T>(operation: () => Promise<T>): Promise<T>;
  alone<T>(operation: () => Promise<T>): Promise<T>;
}

/** A {@link ContentLock} that nobody holds. */
export function createContentLock(): ContentLock {
  const sharing = new Set<Promise<unknown>>();
  let removal: Promise<unknown> | undefined;

  return {
    async shared(operation) {
      while (removal !== undefined) await removal;
      const running = operation();
      const settled = running.then(nothing, nothing);
      sharing.add(settled);
      try {
        return await running;
      } finally {
        sharing.delete(settled);
      }
    },

    async alone(operation) {
      while (removal !== undefined) await removal;
      const running = Promise.all([...sharing]).then(operation);
      const settled = running.then(nothing, nothing);
      removal = settled;
      try {
        return await running;
      } finally {
        removal = undefined;
      }
    },
  };
}

function nothing(): void {}
