import { ImageSpecError, type SpecProblem, suggest } from "@imagespec/errors";
import type { ImageSpecConfig } from "./config.ts";

type Check = (value: unknown) => string | undefined;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a text");
const isTexts: Check = (value) =>
  Array.isArray(value) && value.every((item) => text(item) === undefined) ? undefined : "a list of texts";
const textOrTexts: Check = (value) =>
  text(value) === undefined || isTexts(value) === undefined ? undefined : "a text or a list of texts";
const policies = ["build", "assume", "fail"];

const checks: Readonly<Record<keyof ImageSpecConfig, Check>> = {
  registry: text,
  builder: text,
  systemBuilder: text,
  builders: (value) => (isRecord(value) ? undefined : "a mapping of builder names"),
  platform: textOrTexts,
  existence: (value) =>
    typeof value === "string" && policies.includes(value) ? undefined : `one of ${policies.join(", ")}`,
  mirrors: (value) =>
    isRecord(value) && Object.values(value).every((hosts) => textOrTexts(hosts) === undefined)
      ? undefined
      : "a mapping of registries to hosts",
  insecure: isTexts,
  ca: textOrTexts,
  concurrency: (value) => (Number.isInteger(value) && Number(value) > 0 ? undefined : "a whole number of at least 1"),
  cacheFolder: text,
};

/** The settings that there are. */
export const checkedSettings: readonly string[] = Object.keys(checks);

/**
 * Checks what a configuration file has.
 *
 * @throws CONFIG_INVALID with every problem
 */
export function validateConfig(value: unknown, file: string): ImageSpecConfig {
  if (!isRecord(value)) {
    throw new ImageSpecError("CONFIG_INVALID", `"${file}" is no mapping of settings`, {
      hint: "write settings such as registry: registry.acme.dev; a module exports them as its default",
      details: { file },
    });
  }
  const problems = [
    ...Object.entries(value).flatMap(([name, field]) => checkField(name, field)),
    ...checkBuilders(value["builders"]),
  ];
  const [first] = problems;
  // Every field was checked against its type.
  if (first === undefined) return value as ImageSpecConfig;
  const messages = problems.map(({ message }) => message).join("; ");
  throw new ImageSpecError(
    "CONFIG_INVALID",
    problems.length === 1 ? `"${file}": ${first.message}` : `"${file}" has ${problems.length} problems: ${messages}`,
    { problems, details: { file }, ...(first.hint === undefined ? {} : { hint: first.hint }) },
  );
}

function checkField(name: string, value: unknown): readonly SpecProblem[] {
  if (!Object.hasOwn(checks, name)) {
    const near = suggest(name, checkedSettings);
    return [
      problem(
        name,
        `there is no setting "${name}"`,
        near === undefined ? `use ${checkedSettings.join(", ")}` : `write "${near}"`,
      ),
    ];
  }
  // Its own key, as just seen.
  const wanted = checks[name as keyof ImageSpecConfig](value);
  return wanted === undefined ? [] : [problem(name, `${name} is ${show(value)}`, `give ${wanted}`)];
}

function checkBuilders(builders: unknown): readonly SpecProblem[] {
  if (!isRecord(builders)) return [];
  return Object.entries(builders).flatMap(([name, entry]) => {
    const path = `builders.${name}`;
    if (!isRecord(entry))
      return [problem(path, `${path} is ${show(entry)}`, "give a mapping with priority or options")];
    const found: SpecProblem[] = Object.keys(entry)
      .filter((key) => key !== "priority" && key !== "options")
      .map((key) =>
        problem(`${path}.${key}`, `there is no setting "${path}.${key}"`, `write it below ${path}.options`),
      );
    const { priority } = entry;
    if (priority !== undefined && !Number.isFinite(priority))
      found.push(problem(`${path}.priority`, `${path}.priority is ${show(priority)}`, "give a number, such as 100"));
    return found;
  });
}

function problem(path: string, message: string, hint: string): SpecProblem {
  return { code: "CONFIG_INVALID", path, message, hint };
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
