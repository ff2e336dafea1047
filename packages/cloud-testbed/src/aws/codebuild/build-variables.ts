import type { CloudServices } from "../cloud-services-adapter.ts";
import type { BuildLog } from "./build-log.ts";
import type { BuildView } from "./build-view.ts";
import type { Buildspec } from "./buildspec.ts";
import { PhaseFailure } from "./phase-failure.ts";

type Reference = readonly [kind: "PARAMETER_STORE" | "SECRETS_MANAGER", name: string];

/**
 * The variables that commands find: those of StartBuild before those of the project before those of the buildspec, and values of
 * Secrets Manager and Parameter Store in the place of their names, which the log then hides.
 *
 * @throws PhaseFailure when a value cannot be had
 */
export async function resolveVariables(
  spec: Buildspec,
  view: BuildView,
  services: CloudServices,
  log: BuildLog,
): Promise<Readonly<Record<string, string>>> {
  const variables = new Map(Object.entries(spec.variables));
  const references = new Map<string, Reference>([
    ...Object.entries(spec.parameterStore).map(([name, value]) => [name, ["PARAMETER_STORE", value]] as const),
    ...Object.entries(spec.secretsManager).map(([name, value]) => [name, ["SECRETS_MANAGER", value]] as const),
  ]);
  // The view has the project's with those of StartBuild over them.
  for (const { name, value, type = "PLAINTEXT" } of view.environment.environmentVariables ?? []) {
    variables.delete(name);
    references.delete(name);
    if (type === "PLAINTEXT") variables.set(name, value);
    else references.set(name, [type, value]);
  }
  for (const [name, [kind, reference]] of references) {
    const value = kind === "PARAMETER_STORE" ? await parameter(services, reference) : await secret(services, reference);
    log.mask(value);
    variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

async function parameter(services: CloudServices, name: string): Promise<string> {
  let value: string | undefined;
  try {
    value = await services.parameterValue(name);
  } catch (error) {
    throw new PhaseFailure("Parameter Store Error", describe(error));
  }
  if (value === undefined) throw new PhaseFailure("Parameter Store Error", `Parameter does not exist: ${name}`);
  return value;
}

/** `secret-id:json-key:version-stage:version-id`; the id may be an ARN, which has colons of its own. */
async function secret(services: CloudServices, reference: string): Promise<string> {
  const parts = reference.split(":");
  const length = reference.startsWith("arn:") ? 7 : 1;
  const id = parts.slice(0, length).join(":");
  const [key = "", stage, version] = parts.slice(length);
  let text: string;
  try {
    text = await services.secretValue(id, stage || undefined, version || undefined);
  } catch (error) {
    throw new PhaseFailure("Secrets Manager Error", describe(error));
  }
  if (key === "") return text;
  try {
    const value = (JSON.parse(text) as Readonly<Record<string, unknown>>)[key];
    if (value !== undefined) return String(value);
  } catch {
    throw new PhaseFailure("Secrets Manager Error", `Secret ${id} is no JSON object, so that it has no key ${key}`);
  }
  throw new PhaseFailure("Secrets Manager Error", `Secret ${id} has no key ${key}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
