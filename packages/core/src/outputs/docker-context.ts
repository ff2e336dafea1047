import { createHash } from "node:crypto";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import type { EngineAddress, EngineDetection } from "./detect.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Machine = Pick<EngineDetection, "home" | "read" | "exists">;

/** A docker context that was chosen, and by what. */
export interface ChosenContext {
  readonly name: string;
  readonly by: string;
}

/**
 * The docker context that `DOCKER_CONTEXT` or docker's config.json names; nothing for `default`.
 *
 * @throws CONFIG_INVALID for a config.json that is no JSON
 */
export function chosenDockerContext(env: Environment, on: Machine): ChosenContext | undefined {
  const named = env["DOCKER_CONTEXT"];
  const file = join(configFolder(env, on), "config.json");
  const chosen =
    named === undefined || named === ""
      ? { name: textAt(readJson(file, on), "currentContext"), by: `currentContext in "${file}"` }
      : { name: named, by: "DOCKER_CONTEXT" };
  if (chosen.name === undefined || chosen.name === "" || chosen.name === "default") return undefined;
  return { name: chosen.name, by: chosen.by };
}

/**
 * Where a docker context leads: `contexts/meta/<sha256 of its name>/meta.json` below docker's configuration folder.
 *
 * @throws ENGINE_DOWN when there is no such context, or it has no address; CONFIG_INVALID when its file is no JSON
 */
export function dockerContextEndpoint({ name, by }: ChosenContext, env: Environment, on: Machine): EngineAddress {
  const id = createHash("sha256").update(name).digest("hex");
  const contexts = join(configFolder(env, on), "contexts");
  const file = join(contexts, "meta", id, "meta.json");
  const endpoint = fieldOf(fieldOf(readJson(file, on), "Endpoints"), "docker");
  const host = textAt(endpoint, "Host");
  if (host === undefined || host === "") {
    const message =
      endpoint === undefined
        ? `the docker context "${name}", chosen by ${by}, does not exist`
        : `the docker context "${name}", chosen by ${by}, has no address`;
    throw new ImageSpecError("ENGINE_DOWN", message, {
      hint: "choose another one with docker context use, or set DOCKER_HOST",
      details: { context: name, file },
    });
  }
  const material = join(contexts, "tls", id, "docker");
  return {
    host,
    certificates: on.exists(material) ? material : undefined,
    insecure: fieldOf(endpoint, "SkipTLSVerify") === true,
    source: `docker context "${name}"`,
  };
}

function configFolder(env: Environment, { home }: Machine): string {
  return env["DOCKER_CONFIG"] || join(home, ".docker");
}

function readJson(file: string, { read }: Machine): unknown {
  const text = read(file);
  if (text === undefined || text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ImageSpecError("CONFIG_INVALID", `docker's file "${file}" is no JSON`, {
      hint: "correct it, or set DOCKER_HOST",
      cause,
      details: { file },
    });
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}

function textAt(value: unknown, field: string): string | undefined {
  const found = fieldOf(value, field);
  return typeof found === "string" ? found : undefined;
}
