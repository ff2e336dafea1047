import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Limiter } from "./limiter.ts";

const { signal } = new AbortController();

describe("Limiter", () => {
  it("runs so many at once, in order, and goes on after failures", async () => {
    const limiter = new Limiter(2);
    const log: string[] = [];
    let running = 0;
    const results = await Promise.allSettled(
      ["a", "b", "c", "d"].map((name) =>
        limiter.run(signal, async () => {
          log.push(`${name}${++running}`);
          await delay(5);
          running--;
          if (name === "b") throw new Error("b failed");
          return name;
        }),
      ),
    );
    expect(log).toEqual(["a1", "b2", "c2", "d2"]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });

  it("lets those who wait leave, and passes their place on", async () => {
    const limiter = new Limiter(1);
    const controller = new AbortController();
    const first = limiter.run(signal, () => delay(20));
    const second = limiter.run(controller.signal, async () => "never");
    const third = limiter.run(signal, async () => "third");
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "ABORTED" });
    await first;
    expect(await third).toBe("third");
    expect(await limiter.run(signal, async () => "free again")).toBe("free again");
  });
});
