import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, it } from "vitest";
import { contractVersion } from "./builder.ts";
import { decline } from "./decline.ts";
import { type BuilderDefinition, defineBuilder } from "./define-builder.ts";

// The functions under test hand these on without looking at them.
const spec = {} as never;
const context = {} as never;
const definition: BuilderDefinition = {
  name: "tiny",
  capabilities: ["commands"],
  build: () => Promise.reject(new Error("no")),
};

describe("defineBuilder", () => {
  it("fills in what a small builder leaves out", async () => {
    const builder = defineBuilder(() => definition)();
    expect(builder).toMatchObject({ name: "tiny", priority: 50, contractVersion });
    expect(builder.capabilities).toEqual(new Set(["commands"]));
    expect(builder.isAvailable).toBeUndefined();
    expect(await builder.shouldBuild(spec, context)).toEqual({ action: "build" });
    expect(Object.isFrozen(builder)).toBe(true);
  });

  it("hands options on", () => {
    const create = defineBuilder((options: { readonly priority: number }) => ({ ...definition, ...options }));
    expect(create({ priority: 7 }).priority).toBe(7);
  });

  it("accepts sync functions, true, verdicts and declines, and turns the rest into refusals that name it", async () => {
    const answers = async (answer: () => unknown) => {
      // Plugins without types answer anything.
      const shouldBuild = answer as NonNullable<BuilderDefinition["shouldBuild"]>;
      return defineBuilder(() => ({ ...definition, shouldBuild }))().shouldBuild(spec, context);
    };
    expect(await answers(() => true)).toEqual({ action: "build" });
    expect(await answers(async () => ({ action: "build", detail: "with uv" }))).toEqual({
      action: "build",
      detail: "with uv",
    });
    const declined = decline("commands[0]", "no shell", "use another");
    expect(await answers(() => declined)).toEqual({
      action: "decline",
      problems: [{ code: "BUILDER_DECLINED", path: "commands[0]", message: "no shell", hint: "use another" }],
    });
    for (const nonsense of [
      false,
      undefined,
      null,
      1,
      "",
      [],
      { action: "build", detail: 1 },
      { action: "decline", problems: [{}] },
    ]) {
      expect(await answers(() => nonsense)).toMatchObject({
        action: "decline",
        problems: [{ code: "BUILDER_CONTRACT", message: expect.stringContaining('builder "tiny" answered') }],
      });
    }
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(await answers(() => circular)).toMatchObject({
      problems: [{ message: 'builder "tiny" answered object, which is no verdict' }],
    });
    const thrown = new ImageSpecError("REGISTRY_DOWN", "no route", { hint: "wait" });
    expect(await answers(() => Promise.reject(thrown))).toMatchObject({
      problems: [{ code: "REGISTRY_DOWN", path: "", message: "no route", hint: "wait" }],
    });
  });

  it("treats whatever is not an availability as not available", async () => {
    const answers = async (answer: () => unknown) => {
      const isAvailable = answer as NonNullable<BuilderDefinition["isAvailable"]>;
      return defineBuilder(() => ({ ...definition, isAvailable }))().isAvailable?.(context);
    };
    expect(await answers(() => true)).toEqual({ available: true });
    const away = { available: false, reason: "no sbatch", hint: "load slurm" };
    expect(await answers(() => away)).toEqual(away);
    for (const nonsense of [false, undefined, { available: false }, { available: "yes" }]) {
      expect(await answers(() => nonsense)).toMatchObject({
        available: false,
        reason: expect.stringContaining('"tiny"'),
      });
    }
    expect(await answers(() => Promise.reject(new Error("boom")))).toMatchObject({ available: false, reason: "boom" });
  });

  it("refuses what is no builder", () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ name: "Not Kebab" }, /the name "Not Kebab"/],
      [{ capabilities: ["comands"] }, /capability "comands", which does not exist/],
      [{ priority: Number.NaN }, /priority "NaN"/],
      [{ contractVersion: 2 }, /version "2" of the builder contract, this @imagespec\/core speaks version 1/],
    ];
    for (const [change, message] of wrong) {
      const create = defineBuilder(() => ({ ...definition, ...change }));
      expect(() => create()).toThrow(message);
    }
  });
});
