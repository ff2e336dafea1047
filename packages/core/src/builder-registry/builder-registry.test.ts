import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineBuilder } from "../builder/define-builder.ts";
import { BuilderRegistry } from "./builder-registry.ts";
import { defaultBuilderRegistry, registerBuilder } from "./default-builder-registry.ts";

const make = (name: string, priority = 50) =>
  defineBuilder(() => ({ name, priority, capabilities: [], build: () => Promise.reject(new Error("no")) }))();

describe("BuilderRegistry", () => {
  it("has one total order, whatever the order of registration", () => {
    const builder = fc.record({
      name: fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/),
      priority: fc.integer({ min: 0, max: 3 }),
    });
    const distinct = fc.uniqueArray(builder, { selector: ({ name }) => name });
    fc.assert(
      fc.property(distinct, (list) => {
        const names = [list, list.toReversed()].map((order) => {
          const registry = new BuilderRegistry();
          for (const { name, priority } of order) registry.register(make(name, priority));
          return registry.list().map(({ name }) => name);
        });
        const expected = list
          .toSorted((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
          .map(({ name }) => name);
        expect(names).toEqual([expected, expected]);
      }),
    );
  });

  it("lets a registration override the priority", () => {
    const registry = new BuilderRegistry();
    registry.register(make("a", 10));
    registry.register(make("b", 20), { priority: 5 });
    expect(registry.list().map(({ name, priority }) => `${name} ${priority}`)).toEqual(["a 10", "b 5"]);
    expect(() => registry.register(make("c"), { priority: Number.POSITIVE_INFINITY })).toThrow(/no priority/);
  });

  it("takes the same again and refuses another of the same name, naming both origins", () => {
    const registry = new BuilderRegistry();
    const first = make("a");
    registry.register(first, { origin: "@acme/a@1.0.0" });
    registry.register(first);
    registry.register(make("a"), { origin: "@acme/a@1.0.0" });
    expect(registry.get("a")?.builder).toBe(first);
    expect(() => registry.register(make("a"), { origin: "@other/a@2.0.0" })).toThrow(
      expect.objectContaining({
        code: "BUILDER_CONFLICT",
        message: 'two builders are called "a": one of "@acme/a@1.0.0", one of "@other/a@2.0.0"',
      }),
    );
    expect(() => registry.register(make("a"))).toThrow(/an unnamed origin/);
    expect(registry.unregister("a")).toBe(true);
    expect(registry.unregister("a")).toBe(false);
  });

  it("checks what is registered", () => {
    const registry = new BuilderRegistry();
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [make, /a function .*expected|function/],
      [undefined, /"undefined" is no builder/],
      [{ name: "a" }, /was made for version "undefined"/],
      [{ ...make("a"), contractVersion: 2 }, /version "2"/],
      [{ ...make("a"), capabilities: ["commands"] }, /no Set/],
      [{ ...make("a"), build: undefined }, /no method "build"/],
      [{ ...make("a"), isAvailable: true }, /"isAvailable" of builder "a" is no function/],
    ];
    // Callers without types register anything.
    for (const [value, message] of wrong) expect(() => registry.register(value as never)).toThrow(message);
    expect(registry.list()).toEqual([]);
  });
});

describe("the registry of the process", () => {
  it("is found by every copy of this package under a key with the contract's version", () => {
    registerBuilder(make("of-the-process"), { origin: "test@1" });
    const found = Reflect.get(globalThis, Symbol.for("dev.imagespec.builder-registry.v1"));
    expect(found).toBe(defaultBuilderRegistry());
    expect(defaultBuilderRegistry().get("of-the-process")?.origin).toBe("test@1");
    defaultBuilderRegistry().unregister("of-the-process");
  });
});
