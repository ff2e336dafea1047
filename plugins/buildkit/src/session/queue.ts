/** Requests in order, for several takers at once. */
export interface Queue<Item> extends AsyncIterable<readonly [item: Item, id: number]> {
  add(item: Item, id: number): void;
  /** What is waiting is left undone; takers end. */
  end(): void;
}

export function createQueue<Item>(): Queue<Item> {
  const items: (readonly [Item, number])[] = [];
  const takers: (() => void)[] = [];
  let ended = false;
  async function* take(): AsyncGenerator<readonly [Item, number]> {
    while (!ended) {
      const item = items.shift();
      if (item !== undefined) yield item;
      else await new Promise<void>((resolve) => takers.push(resolve));
    }
  }
  return {
    add(item, id) {
      items.push([item, id]);
      takers.shift()?.();
    },
    end() {
      ended = true;
      for (const wake of takers.splice(0)) wake();
    },
    [Symbol.asyncIterator]: take,
  };
}
