import { DictBuilder } from "../../src/python/dict-builder.ts";
import { dictEntries, isDict, type PythonValue } from "../../src/python/python-value.ts";
import { decodePython, decodeSpec, type JsonValue } from "../../src/request/python-json.ts";
import type { FlytekitField, FlytekitSpec } from "../../src/spec/flytekit-spec.ts";
import type { SpecVector } from "./vectors.ts";

/** An exception of Python, of the type and text that flytekit ends with. */
export class PythonException extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** What flytekit's `with_…` methods make of a spec, one after the other. */
export function applyCalls(spec: FlytekitSpec, calls: SpecVector["calls"] = []): FlytekitSpec {
  return calls.reduce((current, { method, args }) => {
    if (method === "force_push") return current;
    return update(current, method.replace(/^with_/, "") as FlytekitField, decodePython(args[0] ?? null, method));
  }, spec);
}

function update(spec: FlytekitSpec, field: FlytekitField, values: PythonValue): FlytekitSpec {
  const now = (spec[field] as PythonValue | undefined) ?? (isDict(values) ? new Map() : []);
  const list = Array.isArray(now) ? (now as readonly PythonValue[]) : undefined;
  if (typeof values === "string") {
    if (list === undefined)
      throw new PythonException("TypeError", `Cannot append string to non-list attribute ${field}`);
    return { ...spec, [field]: [...list, values] };
  }
  if (Array.isArray(values)) {
    if (list === undefined) throw new PythonException("TypeError", `Cannot extend non-list attribute ${field}`);
    return { ...spec, [field]: [...list, ...(values as readonly PythonValue[])] };
  }
  if (isDict(values)) {
    if (!isDict(now)) throw new PythonException("TypeError", `Cannot update non-dict attribute ${field}`);
    const dict = new DictBuilder();
    for (const [key, value] of [...dictEntries(now), ...dictEntries(values)]) dict.set(key, value);
    return { ...spec, [field]: dict.dict };
  }
  // Anything else is silently not added; None has become a list.
  return { ...spec, [field]: now };
}

/** The spec of a record, as it was given to flytekit; `from_env` fills in what it finds. */
export function givenSpec({ spec, factory, installed = {}, python_minor: python }: SpecVector): FlytekitSpec {
  if (factory !== "from_env") return decodeSpec(spec, "spec");
  const { pinned_packages: pinned, ...fields } = spec;
  const given = decodeSpec(fields as Readonly<Record<string, JsonValue>>, "spec");
  if (given.python_version !== undefined && given.python_version !== null) {
    throw new PythonException(
      "ValueError",
      "python_version can not be used with `from_env` because it will be inferred from the environment",
    );
  }
  const versions = ((pinned ?? []) as readonly string[]).map((name) => {
    const version = installed[name];
    if (version === undefined)
      throw new PythonException("PackageNotFoundError", `No package metadata was found for ${name}`);
    return `${name}==${version}`;
  });
  return {
    ...given,
    packages: [...((given.packages ?? []) as readonly string[]), ...versions],
    python_version: python,
  };
}
