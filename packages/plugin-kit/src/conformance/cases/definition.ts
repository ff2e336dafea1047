import {
  BuilderRegistry,
  type Capability,
  capabilities,
  contractVersion,
  defaultBuilderRegistry,
  type ImageSpecBuilder,
  type SelectionContext,
} from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Session } from "../session/session.ts";

const group = "definition";
const known: ReadonlySet<string> = new Set(capabilities);

export const definitionCases: readonly ConformanceCase[] = [
  {
    group,
    id: "registers",
    title: "is a builder that an engine registers",
    async run(session) {
      const breaches = session.breaches();
      try {
        new BuilderRegistry().register(session.createBuilder());
      } catch (error) {
        if (!isImageSpecError(error)) throw error;
        breaches.add(error.message);
      }
      breaches.end("make the builder with defineBuilder, which checks what it makes");
    },
  },
  {
    group,
    id: "contract-version",
    title: `is written for version ${contractVersion} of the contract`,
    async run(session) {
      const breaches = session.breaches();
      const { contractVersion: own } = session.builder;
      breaches.check(own === contractVersion, `is for version "${own}" of the contract, not ${contractVersion}`);
      breaches.end("leave contractVersion out; defineBuilder fills it in");
    },
  },
  {
    group,
    id: "capabilities",
    title: "declares capabilities that exist, an output among them",
    async run(session) {
      const breaches = session.breaches();
      const own = session.builder.capabilities;
      for (const id of own) breaches.check(known.has(id), `declares the capability "${id}", which does not exist`);
      const outputs = [...own].filter((id) => id.startsWith("output-"));
      breaches.check(outputs.length > 0, "declares no output");
      breaches.end("take the capabilities from the list of @imagespec/core; one output at least");
    },
  },
  {
    group,
    id: "pure-factory",
    title: "comes from a factory that only makes a value",
    async run(session) {
      const breaches = session.breaches();
      const before = processState();
      const [one, two] = [session.createBuilder(), session.createBuilder()];
      const after = processState();
      for (const [what, count] of Object.entries(before)) {
        breaches.check(after[what] === count, `the factory changes the process: ${what} ${count} → ${after[what]}`);
      }
      breaches.check(one !== two, "the factory gives the same object twice");
      breaches.check(describe(one) === describe(two), `two builders differ: ${describe(one)} and ${describe(two)}`);
      breaches.end("open connections, start processes and register builders elsewhere: in build, or in ./register");
    },
  },
  {
    group,
    id: "availability",
    title: "says in the words of the contract whether it is available, and is",
    async run(session) {
      const breaches = session.breaches();
      const answer: unknown = await session.builder.isAvailable?.(await selectionContext(session));
      if (answer !== undefined) {
        const fields = typeof answer === "object" && answer !== null ? { ...answer } : {};
        const { available, reason, hint } = fields as Readonly<Record<string, unknown>>;
        const isRefusal = available === false && typeof reason === "string" && typeof hint === "string";
        breaches.check(available === true || isRefusal, `isAvailable answers ${JSON.stringify(answer)}`);
        breaches.check(!isRefusal, `is not available here: ${reason}; ${hint}`);
      }
      breaches.end("answer { available: true }, or { available: false, reason, hint }");
    },
  },
  {
    group,
    id: "content-options",
    title: "says the same of equal options each time, as JSON",
    async run(session) {
      const breaches = session.breaches();
      const ask = () => session.createBuilder().contentOptions?.({});
      const [first, second] = [JSON.stringify(ask()), JSON.stringify(ask())];
      breaches.check(first === second, `contentOptions({}) gives ${first}, then ${second}`);
      breaches.check(
        session.builder.contentOptions === undefined || first !== undefined,
        "contentOptions({}) gives nothing",
      );
      breaches.end("make contentOptions a pure function whose value is JSON, {} where no option changes the image");
    },
  },
];

function describe({ name, priority, contractVersion: version, capabilities: own }: ImageSpecBuilder): string {
  return JSON.stringify({ name, priority, version, capabilities: [...own].sort() });
}

function processState(): Readonly<Record<string, number>> {
  return {
    "registered builders": defaultBuilderRegistry().list().length,
    "listeners of the process": process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    "open resources": process.getActiveResourcesInfo().filter((kind) => !/Timeout|Immediate/.test(kind)).length,
  };
}

/** What an engine of this machine asks builders with. */
export async function selectionContext(session: Session): Promise<SelectionContext> {
  const { client, registry } = await session.environment();
  const kinds = ["registry", "local-store", "oci-layout"] as const;
  const kind = kinds.find((each) => session.can(`output-${each}` satisfies Capability)) ?? "local-store";
  const name = session.newName();
  const output =
    kind === "registry"
      ? ({ kind, registry, repository: name, tag: "conf" } as const)
      : kind === "oci-layout"
        ? ({ kind, path: await session.folder("layout"), name: `${name}:conf` } as const)
        : ({ kind, name: `${name}:conf` } as const);
  return {
    output,
    hostPlatform: "linux/amd64",
    allowEmulation: false,
    registryClient: client,
    signal: new AbortController().signal,
  };
}
