import type { ImageSpec } from "./image-spec.ts";
import type { SecretStep } from "./image-spec-input.ts";
import { indexSecretId } from "./index-secret-id.ts";
import { mountSecretId } from "./mount-secret.ts";
import type { IndexCredential, NormalizedCommand, NormalizedSecret } from "./normalized-spec.ts";
import { loginsOf } from "./spec-brand.ts";

export interface NormalizedSecrets {
  readonly secrets: readonly NormalizedSecret[];
  readonly indexCredentials: readonly IndexCredential[];
  readonly commands: readonly NormalizedCommand[];
}

/** Everything secret of a spec in one list: its secrets, `pipSecretMounts`, and credentials that stood in URLs. */
export function normalizeSecrets(spec: ImageSpec): NormalizedSecrets {
  const commands = (spec.commands ?? []).map((command) => (typeof command === "string" ? { run: command } : command));
  const given = (spec.secrets ?? []).map((secret): NormalizedSecret => {
    const named = commands.flatMap((command, index) => (command.secrets?.includes(secret.id) ? [index] : []));
    return {
      id: secret.id,
      from: secret.from,
      steps: mergeSteps(secret.steps ?? ["packages", "commands"], named),
      target: secret.target ?? `/run/secrets/${secret.id}`,
      cacheBust: secret.cacheBust,
    };
  });
  const mounts = (spec.pipSecretMounts ?? []).map(([file, target]): NormalizedSecret => {
    const id = mountSecretId(target);
    const named = commands.flatMap((command, index) => (command.secrets?.includes(id) ? [index] : []));
    return { id, from: { file }, steps: mergeSteps(["packages"], named), target, cacheBust: undefined };
  });
  const taken = new Set([...given, ...mounts].map(({ id }) => id));
  const indexCredentials: IndexCredential[] = [];
  const logins = loginsOf(spec).map(({ origin, login }): NormalizedSecret => {
    const id = indexSecretId(origin, taken);
    indexCredentials.push({ origin, secret: id });
    return { id, from: { value: login }, steps: ["packages"], target: `/run/secrets/${id}`, cacheBust: undefined };
  });
  const secrets = [...given, ...mounts, ...logins].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    secrets,
    indexCredentials: indexCredentials.sort((a, b) => (a.origin < b.origin ? -1 : 1)),
    commands: commands.map(({ run, after }, index) => ({
      run,
      after: after ?? "packages",
      secrets: secrets
        .filter(({ steps }) => steps.includes("commands") || steps.includes(`commands[${index}]`))
        .map(({ id }) => id),
    })),
  };
}

/** Steps without doubles: what sees every command needs no single ones. */
function mergeSteps(steps: readonly SecretStep[], named: readonly number[]): readonly SecretStep[] {
  const all = new Set<SecretStep>([...steps, ...named.map((index): SecretStep => `commands[${index}]`)]);
  const rank = (step: SecretStep) => (step === "packages" ? -2 : step === "commands" ? -1 : Number(step.slice(9, -1)));
  return [...all]
    .filter((step) => step === "packages" || step === "commands" || !all.has("commands"))
    .sort((a, b) => rank(a) - rank(b));
}
