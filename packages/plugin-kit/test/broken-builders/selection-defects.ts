import { decline } from "@imagespec/core";
import { createFakeBuilder } from "../../src/index.ts";
import { type BrokenBuilder, changed, fake } from "./broken-builder.ts";

let count = 0;

/** Builders that break what the suite says about definition and selection. */
export const selectionDefects: readonly BrokenBuilder[] = [
  {
    defect: "a name that is not kebab-case",
    caughtBy: "definition/registers",
    says: /the name "Not Kebab"/,
    create: changed({ name: "Not Kebab" }),
  },
  {
    defect: "another version of the contract",
    caughtBy: "definition/contract-version",
    says: /is for version "2"/,
    create: changed({ contractVersion: 2 }),
  },
  {
    defect: "a capability that does not exist",
    caughtBy: "definition/capabilities",
    says: /declares the capability "teleport"/,
    create: changed({ capabilities: new Set(["teleport", "output-registry"]) }),
  },
  {
    defect: "a factory with a side effect",
    caughtBy: "definition/pure-factory",
    says: /listeners of the process/,
    create: () => {
      const listener = () => undefined;
      process.on("SIGUSR2", listener);
      setTimeout(() => process.off("SIGUSR2", listener), 500);
      return createFakeBuilder();
    },
  },
  {
    defect: "a factory that gives another name each time",
    caughtBy: "definition/pure-factory",
    says: /two builders differ/,
    create: () => createFakeBuilder({ name: `fake-${++count}` }),
  },
  {
    defect: "an availability that is no answer",
    caughtBy: "definition/availability",
    says: /isAvailable answers "yes"/,
    create: changed({ isAvailable: async () => "yes" }),
  },
  {
    defect: "content options by chance",
    caughtBy: "definition/content-options",
    says: /contentOptions\(\{\}\) gives/,
    create: changed({ contentOptions: () => ++count }),
  },
  {
    defect: "declines what it declares",
    caughtBy: "selection/takes-full-spec",
    says: /declines packages, source and environment: packages: no/,
    create: fake({ shouldBuild: () => decline("packages", "no") }),
  },
  {
    defect: "answers false",
    caughtBy: "selection/verdict-shape",
    says: /answered false, which is no verdict/,
    create: fake({ shouldBuild: () => false as never }),
  },
  {
    defect: "throws when it is asked",
    caughtBy: "selection/verdict-shape",
    says: /throws for .*: cannot look/,
    create: changed({ shouldBuild: () => Promise.reject(new Error("cannot look")) }),
  },
  {
    defect: "declines without a reason",
    caughtBy: "selection/verdict-shape",
    says: /declines without a reason/,
    create: changed({ shouldBuild: async () => ({ action: "decline", problems: [] }) }),
  },
  {
    defect: "answers by chance",
    caughtBy: "selection/same-answer",
    says: /answers "(build|decline)", then/,
    create: fake({ shouldBuild: () => ++count % 2 === 0 || decline("", "today not") }),
  },
  {
    defect: "writes when it is only asked",
    caughtBy: "selection/cheap",
    says: /writes to the registry: POST/,
    create: fake({
      async shouldBuild(_spec, { registryClient, output }): Promise<true> {
        if (output.kind === "registry") await registryClient.checkPush(output);
        return true;
      },
    }),
  },
  {
    defect: "takes its time when it is only asked",
    caughtBy: "selection/cheap",
    says: /takes 2\d\d\d ms/,
    create: fake({ shouldBuild: () => new Promise((resolve) => setTimeout(() => resolve(true), 2100)) }),
  },
  {
    defect: "changes the spec when it is asked",
    caughtBy: "selection/pure-question",
    says: /shouldBuild changes spec\.env/,
    create: fake({ shouldBuild: (spec) => Reflect.set(spec.env, "EXTRA", "1") || true }),
  },
  {
    defect: "changes the spec when it builds",
    caughtBy: "selection/pure-build",
    says: /build changes spec\.packages\[0\]/,
    create: fake({ during: (_step, spec) => void Reflect.set(spec.packages, 0, "other") }),
  },
  {
    defect: "changes the request when it builds",
    caughtBy: "selection/pure-build",
    says: /build changes request\.labels\.own/,
    create: fake({ during: (_step, _spec, { labels }) => void Reflect.set(labels, "own", "1") }),
  },
  {
    defect: "cannot be given a frozen spec",
    caughtBy: "selection/pure-build",
    says: /fails with a frozen spec and request/,
    create: fake({
      during(_step, spec) {
        // Throws where the property is read-only.
        Object.assign(spec.env, { CONF_SPACES: spec.env["CONF_SPACES"] });
      },
    }),
  },
  {
    defect: "calls itself something else",
    caughtBy: "selection/explained",
    says: /the result names the builder "other-/,
    create: (() => {
      let made = 0;
      return () => createFakeBuilder({ name: made++ === 0 ? "fake" : `other-${made}` });
    })(),
  },
];
