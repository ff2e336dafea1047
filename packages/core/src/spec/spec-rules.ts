import type { SpecProblem } from "@imagespec/errors";
import { memberPath } from "./check-shape.ts";
import { type Finding, problemAt } from "./field-shape.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { mountSecretId } from "./mount-secret.ts";
import { requirementsKind } from "./requirements-kind.ts";

/** The rules that concern more than one field. Fields that are wrong by themselves are absent. */
export function checkSpecRules(spec: ImageSpecInput, path: string, problems: SpecProblem[]): void {
  const add = (place: string, finding: Finding) => problems.push(problemAt(place, finding));
  const at = (field: string) => memberPath(path, field);
  const conflict = (field: string, message: string, hint: string) =>
    add(at(field), { code: "SPEC_CONFLICT", message, hint });

  if (spec.builderOptions !== undefined && spec.builder === undefined) {
    conflict(
      "builderOptions",
      "builderOptions are given without a builder",
      "name the builder that they are for in builder",
    );
  }
  if (spec.cudnn !== undefined && spec.cuda === undefined) {
    conflict("cudnn", `cudnn "${spec.cudnn}" is given without cuda`, "name the CUDA version in cuda");
  }
  if (spec.sourceCopyMode !== undefined && spec.sourceCopyMode !== "none" && spec.sourceRoot === undefined) {
    conflict(
      "sourceCopyMode",
      `sourceCopyMode "${spec.sourceCopyMode}" is given without sourceRoot`,
      "name the folder in sourceRoot",
    );
  }
  if (spec.name?.includes("/") && spec.registry === undefined) {
    const [host = "", ...rest] = spec.name.split("/");
    if (/\.|^localhost$/.test(host)) {
      add(at("name"), {
        code: "SPEC_REFERENCE",
        message: `"${spec.name}" has a registry`,
        hint: `write registry: "${host}" and name: "${rest.join("/")}"`,
      });
    }
  }
  if (spec.pythonExec !== undefined) checkPythonExec(spec, conflict);
  checkRequirements(spec, path, problems);
  checkSecrets(spec, path, problems);
}

function checkPythonExec(spec: ImageSpecInput, conflict: (field: string, message: string, hint: string) => void): void {
  const conda = spec.condaPackages ?? spec.condaChannels;
  if (conda !== undefined && conda.length > 0) {
    conflict(
      "pythonExec",
      `pythonExec "${spec.pythonExec}" and conda packages both bring the Python`,
      "remove one of them",
    );
  }
  if (spec.baseImage === "scratch") {
    conflict(
      "pythonExec",
      `pythonExec "${spec.pythonExec}" cannot be in a base that is scratch`,
      "name the base image that has it",
    );
  }
}

function checkRequirements(spec: ImageSpecInput, path: string, problems: SpecProblem[]): void {
  if (spec.requirements === undefined) return;
  const {
    file,
    groups = [],
    extras = [],
  } = typeof spec.requirements === "string" ? { file: spec.requirements } : spec.requirements;
  if (typeof file !== "string") return;
  const kind = requirementsKind(file);
  const at = memberPath(path, "requirements");
  const add = (place: string, message: string, hint: string) =>
    problems.push(problemAt(place, { code: "SPEC_CONFLICT", message, hint }));
  if ((kind === "uv-lock" || kind === "poetry-lock") && (spec.packages ?? []).length > 0) {
    add(
      memberPath(path, "packages"),
      `packages cannot be combined with the project lock "${file}"`,
      "add the packages to the project and lock it again",
    );
  }
  if (kind === "requirements") {
    const hint = "remove them, or name a lock file";
    if (groups.length > 0) add(`${at}.groups`, `groups are given for "${file}", which is not a lock file`, hint);
    if (extras.length > 0) add(`${at}.extras`, `extras are given for "${file}", which is not a lock file`, hint);
  }
}

function checkSecrets(spec: ImageSpecInput, path: string, problems: SpecProblem[]): void {
  const known = new Map<string, string>();
  const register = (id: string, place: string) => {
    const before = known.get(id);
    if (before === undefined) known.set(id, place);
    else {
      problems.push(
        problemAt(place, {
          code: "SPEC_CONFLICT",
          message: `"${id}" is the id of ${before} too`,
          hint: "give each secret an id of its own",
        }),
      );
    }
  };
  const commands = spec.commands ?? [];
  for (const [index, secret] of (spec.secrets ?? []).entries()) {
    const at = `${memberPath(path, "secrets")}[${index}]`;
    if (typeof secret?.id === "string") register(secret.id, `${at}.id`);
    for (const [position, step] of (secret?.steps ?? []).entries()) {
      const command = /^commands\[(\d+)\]$/.exec(step ?? "")?.[1];
      if (command !== undefined && Number(command) >= commands.length) {
        problems.push(
          problemAt(`${at}.steps[${position}]`, {
            message: `"${step}" does not exist`,
            hint: commands.length === 0 ? "add the command" : `use commands[0] to commands[${commands.length - 1}]`,
          }),
        );
      }
    }
  }
  for (const [index, mount] of (spec.pipSecretMounts ?? []).entries()) {
    const target = mount?.[1];
    if (typeof target === "string") register(mountSecretId(target), `${memberPath(path, "pipSecretMounts")}[${index}]`);
  }
  for (const [index, command] of commands.entries()) {
    if (typeof command !== "object" || command === null) continue;
    for (const [position, id] of (command.secrets ?? []).entries()) {
      if (typeof id === "string" && !known.has(id)) {
        problems.push(
          problemAt(`${memberPath(path, "commands")}[${index}].secrets[${position}]`, {
            message: `there is no secret "${id}"`,
            hint:
              known.size === 0
                ? "add it to secrets"
                : `use one of ${[...known.keys()].join(", ")}, or add it to secrets`,
          }),
        );
      }
    }
  }
}
