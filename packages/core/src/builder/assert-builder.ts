import { ImageSpecError, suggest } from "@imagespec/errors";
import { contractVersion, type ImageSpecBuilder } from "./builder.ts";
import { type Capability, capabilities } from "./capabilities.ts";

const known: ReadonlySet<string> = new Set(capabilities);
const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Checks that a value is a builder of this core's contract. `origin` (`package@version`) says in messages where it comes from.
 *
 * @throws BUILDER_CONTRACT
 */
export function assertBuilder(value: unknown, origin?: string): asserts value is ImageSpecBuilder {
  const from = origin === undefined ? "" : ` of "${origin}"`;
  if (typeof value === "function") {
    throw broken(
      `a function${from} is registered where a builder is expected`,
      "call the factory: builders: [assemble()]",
    );
  }
  if (typeof value !== "object" || value === null) {
    throw broken(`"${String(value)}"${from} is no builder`, "register an object made by defineBuilder");
  }
  const builder = value as Partial<Record<keyof ImageSpecBuilder, unknown>>;
  const { name } = builder;
  if (typeof name !== "string" || !kebabCase.test(name)) {
    throw broken(`a builder${from} has the name "${String(name)}"`, 'give it a kebab-case name, such as "my-cluster"');
  }
  const who = `builder "${name}"${from}`;
  if (builder.contractVersion !== contractVersion) throw otherContract(who, builder.contractVersion);
  if (typeof builder.priority !== "number" || !Number.isFinite(builder.priority)) {
    throw broken(`${who} has the priority "${String(builder.priority)}"`, "give it a finite number, such as 50");
  }
  assertCapabilities(who, builder.capabilities);
  for (const method of ["shouldBuild", "build"] as const) {
    if (typeof builder[method] !== "function")
      throw broken(`${who} has no method "${method}"`, `add "${method}" to it`);
  }
  const { appendableSource } = builder;
  if (appendableSource !== undefined && typeof appendableSource !== "boolean")
    throw broken(`"appendableSource" of ${who} is no boolean`, "make it true or false, or leave it out");
  for (const method of ["isAvailable", "contentOptions", "lockBase", "resolver"] as const) {
    if (builder[method] !== undefined && typeof builder[method] !== "function") {
      throw broken(`"${method}" of ${who} is no function`, `make it a method, or leave it out`);
    }
  }
}

function assertCapabilities(who: string, value: unknown): asserts value is ReadonlySet<Capability> {
  if (!(value instanceof Set)) {
    throw broken(`the capabilities of ${who} are no Set`, "use defineBuilder, which also takes an array");
  }
  for (const id of value) {
    if (known.has(id)) continue;
    const near = suggest(String(id), capabilities);
    throw broken(
      `${who} declares the capability "${String(id)}", which does not exist`,
      near === undefined ? `use one of: ${capabilities.join(", ")}` : `write "${near}"`,
    );
  }
}

function otherContract(who: string, version: unknown): ImageSpecError {
  const newer = typeof version === "number" && version > contractVersion;
  return new ImageSpecError(
    "BUILDER_CONTRACT",
    `${who} was made for version "${String(version)}" of the builder contract, this @imagespec/core speaks version ${contractVersion}`,
    {
      hint: newer ? "update @imagespec/core" : "update the package of the builder",
      details: { contractVersion: version, expected: contractVersion },
    },
  );
}

function broken(message: string, hint: string): ImageSpecError {
  return new ImageSpecError("BUILDER_CONTRACT", message, { hint });
}
