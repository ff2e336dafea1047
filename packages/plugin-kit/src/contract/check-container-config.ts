import type { ImageConfig } from "@imagespec/oci";
import type { ContractExpectation } from "./expectation.ts";
import type { Violations } from "./violations.ts";

const ownUsers = ["imagespec", "65532", "imagespec:imagespec", "65532:65532"];

/** The part of the contract that the image's config shows. */
export function checkContainerConfig(
  violations: Violations,
  image: ImageConfig,
  expectation: ContractExpectation,
): void {
  const config = image.config ?? {};
  const variables = new Map((config.Env ?? []).map(splitVariable));
  const expected = expectation.env ?? {};
  for (const [name, value] of Object.entries(expected)) {
    const got = variables.get(name);
    violations.check(got === value, "env", `${name} is ${show(got)} instead of ${show(value)}`);
  }
  const searchPath = variables.get("PATH");
  violations.check(
    Object.hasOwn(expected, "PATH") || searchPath?.split(":")[0] === "/opt/venv/bin",
    "path",
    `PATH is ${show(searchPath)}; "/opt/venv/bin" does not come first`,
  );
  const venv = variables.get("VIRTUAL_ENV");
  const venvSet = Object.hasOwn(expected, "VIRTUAL_ENV") || venv === "/opt/venv";
  violations.check(venvSet, "virtual-env", `VIRTUAL_ENV is ${show(venv)}`);
  violations.check(
    Object.hasOwn(expected, "PYTHONPATH") || !variables.has("PYTHONPATH"),
    "pythonpath",
    `PYTHONPATH is set, to ${show(variables.get("PYTHONPATH"))}`,
  );
  violations.check(Boolean(variables.get("IMAGESPEC_ID")), "imagespec-id", "IMAGESPEC_ID is not set");

  const workdir = expectation.workdir ?? "/app";
  const gotWorkdir = config.WorkingDir ?? "";
  violations.check(gotWorkdir === workdir, "workdir", `the workdir is ${show(gotWorkdir)} instead of ${show(workdir)}`);
  const user = config.User ?? "";
  const users = expectation.user === undefined ? ownUsers : [expectation.user];
  violations.check(users.includes(user), "user", `the user is ${show(user)} instead of ${show(users[0])}`);
  checkCommand(violations, "entrypoint", config.Entrypoint, expectation.entrypoint);
  checkCommand(violations, "cmd", config.Cmd, expectation.cmd);
  checkLabels(violations, config.Labels ?? {}, expectation);
  if (expectation.epoch !== undefined) {
    const created = Date.parse(image.created ?? "") / 1000;
    violations.check(created === expectation.epoch, "created", `the config was created at ${show(image.created)}`);
  }
}

function checkCommand(
  violations: Violations,
  rule: "entrypoint" | "cmd",
  got: readonly string[] = [],
  wanted: readonly string[] | undefined,
): void {
  if (wanted === undefined) return;
  const same = got.length === wanted.length && got.every((word, index) => word === wanted[index]);
  violations.check(same, rule, `the ${rule} is ${show(got)} instead of ${show(wanted)}`);
}

function checkLabels(
  violations: Violations,
  labels: Readonly<Record<string, string>>,
  expectation: ContractExpectation,
): void {
  for (const name of ["fingerprint", "contract"] as const) {
    const got = labels[`dev.imagespec.${name}`];
    const wanted = expectation[name];
    const fits = wanted === undefined ? Boolean(got) : got === wanted;
    violations.check(
      fits,
      `label-${name}`,
      `dev.imagespec.${name} is ${show(got)} instead of ${show(wanted ?? "set")}`,
    );
  }
  for (const [name, value] of Object.entries(expectation.labels ?? {})) {
    violations.check(labels[name] === value, "labels", `${name} is ${show(labels[name])} instead of ${show(value)}`);
  }
  const size = Buffer.byteLength(JSON.stringify(labels));
  violations.check(size <= 3000, "labels-size", `the labels take ${size} bytes, 3000 are allowed`);
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf("=");
  return at === -1 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}

function show(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
