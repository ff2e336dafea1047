import { isObject, type Json, listOf } from "./documents.ts";
import type { Findings } from "./finding.ts";

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Checks an image config on its own and against the number of layers; gives its diffIDs. */
export function checkConfig(findings: Findings, at: string, config: Json, layers: number): readonly unknown[] {
  for (const field of ["architecture", "os"]) {
    findings.check(typeof config[field] === "string" && config[field] !== "", "config-platform", at, `has no ${field}`);
  }
  checkTime(findings, at, config["created"]);
  const rootfs = isObject(config["rootfs"]) ? config["rootfs"] : {};
  const diffIds = listOf(rootfs["diff_ids"]);
  findings.check(rootfs["type"] === "layers", "config-rootfs", at, `has rootfs.type ${JSON.stringify(rootfs["type"])}`);
  findings.check(
    diffIds.length === layers,
    "layer-count",
    at,
    `states ${diffIds.length} diffIDs, the manifest has ${layers} layers`,
  );
  checkHistory(findings, at, config["history"], layers);
  if (config["config"] !== undefined) checkContainerConfig(findings, `${at}.config`, config["config"]);
  return diffIds;
}

function checkHistory(findings: Findings, at: string, history: unknown, layers: number): void {
  if (history === undefined || history === null) return;
  const entries = listOf(history);
  findings.check(Array.isArray(history) && entries.every(isObject), "history", at, "has a history that is not a list");
  const filled = entries.filter((entry) => isObject(entry) && entry["empty_layer"] !== true).length;
  findings.check(filled === layers, "history", at, `has ${filled} history entries with a layer, and ${layers} layers`);
  for (const [index, entry] of entries.entries()) {
    if (isObject(entry)) checkTime(findings, `${at}.history[${index}]`, entry["created"]);
  }
}

function checkTime(findings: Findings, at: string, created: unknown): void {
  if (created === undefined || created === null) return;
  const sound = typeof created === "string" && dateTime.test(created) && !Number.isNaN(Date.parse(created));
  findings.check(sound, "created", at, `has created ${JSON.stringify(created)}, which is not RFC 3339`);
}

function checkContainerConfig(findings: Findings, at: string, config: unknown): void {
  if (!isObject(config)) {
    findings.add("config-container", at, "is not an object");
    return;
  }
  for (const field of ["Env", "Entrypoint", "Cmd", "OnBuild", "Shell"]) {
    const value = config[field];
    if (value === undefined || value === null) continue;
    const sound = Array.isArray(value) && value.every((word) => typeof word === "string");
    findings.check(sound, "config-container", `${at}.${field}`, "is not a list of strings");
  }
  const names = listOf(config["Env"]).map((variable) => String(variable).split("=", 1)[0]);
  for (const variable of listOf(config["Env"])) {
    findings.check(/^[^=]+=/s.test(String(variable)), "config-env", `${at}.Env`, `has "${variable}" without a name`);
  }
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    findings.add("config-env", `${at}.Env`, `has "${name}" twice`);
  }
  for (const [label, value] of Object.entries(isObject(config["Labels"]) ? config["Labels"] : {})) {
    findings.check(typeof value === "string", "config-labels", `${at}.Labels`, `has "${label}", which is not a string`);
  }
}
