import { checkImageContract } from "../../contract/check-image-contract.ts";
import type { ContractExpectation, ContractViolation } from "../../contract/expectation.ts";
import { validateImage } from "../../validate/validate-image.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { fullCmd, fullEntrypoint, fullEnv, hostileLabels } from "../session/full-spec.ts";
import { copiedFile, ignoredFiles, madeExecutable, madeLink, madeSource } from "../session/made-project.ts";
import { madeDistributions, madeScript } from "../session/made-wheels.ts";
import type { Session } from "../session/session.ts";
import { textOf } from "../session/stored-image.ts";
import { distributionBreaches } from "./distribution-breaches.ts";

const group = "image contract";
const contract = "make images as docs/reference/image-contract.md says";

export const imageContractCases: readonly ConformanceCase[] = [
  {
    group,
    id: "sound",
    title: "makes an image that is sound: digests, sizes, diffIDs, media types, tar frames, history",
    async run(session) {
      const breaches = session.breaches();
      const { source, digest } = await session.image();
      for (const { rule, at, message } of await validateImage(source, { digest })) {
        breaches.add(`${rule}: ${[at, message].filter((part) => part !== "").join(" ")}`);
      }
      breaches.end(
        "write what the manifest says: the digest of the bytes, the diffID of the plain tar, a history for each layer",
      );
    },
  },
  ruled("venv", "has the virtual environment at /opt/venv: whole, root's, without pip and compiled files", [
    ...["venv", "venv-python", "venv-owner", "venv-mode", "venv-pip", "bytecode", "python-version"],
  ]),
  ruled("distributions", "installs what was asked for and what that needs, and nothing else", ["distributions"]),
  {
    group,
    id: "importable",
    title: "installs distributions that importlib.metadata reads: METADATA, RECORD, INSTALLER, entry points",
    async run(session) {
      const breaches = session.breaches();
      const { files } = await session.image();
      for (const distribution of madeDistributions) breaches.add(...distributionBreaches(files, distribution));
      const script = files.get(`/opt/venv/bin/${madeScript}`);
      const start = textOf(files, `/opt/venv/bin/${madeScript}`)?.split("\n")[0];
      breaches.check(
        script !== undefined && (script.mode & 0o111) === 0o111,
        `/opt/venv/bin/${madeScript} cannot be run`,
      );
      breaches.check(
        /^#!.*\/opt\/venv\/bin\/python/.test(start ?? "") || start === "#!/bin/sh",
        `/opt/venv/bin/${madeScript} starts with "${start}"`,
      );
      breaches.end("install wheels as their specification says, into /opt/venv");
    },
  },
  ruled("source", "has the source tree, byte for byte, without ignored files", ["source-bytes", "source-absent"]),
  {
    group,
    id: "source-modes",
    title: "gives source files the modes 0644 and 0755, folders 0755, and keeps links",
    async run(session) {
      const breaches = session.breaches();
      const { files } = await session.image();
      for (const name of Object.keys(madeSource)) {
        const wanted = name === madeExecutable ? 0o755 : 0o644;
        const mode = (files.get(`/app/${name}`)?.mode ?? 0) & 0o7777;
        breaches.check(mode === wanted, `/app/${name} has mode ${mode.toString(8)} instead of ${wanted.toString(8)}`);
      }
      const folder = (files.get("/app/train")?.mode ?? 0) & 0o7777;
      breaches.check(folder === 0o755, `/app/train has mode ${folder.toString(8)} instead of 755`);
      const link = files.get(`/app/${madeLink.path}`);
      breaches.check(
        link?.type === "symlink" && link.linkPath === madeLink.target,
        `/app/${madeLink.path} is ${link === undefined ? "not there" : `a ${link.type} to "${link.linkPath}"`}`,
      );
      breaches.end("take kind, executable and linkTarget of spec.source.files, and no mode of the machine");
    },
  },
  ruled("source-path", "makes the workdir importable by a .pth file, not by PYTHONPATH", ["source-pth", "pythonpath"]),
  ruled("user", "runs as the user imagespec, who owns home and workdir", [
    ...["user", "user-entry", "home", "workdir-owner", "workdir"],
  ]),
  ruled("env", "hands the environment on to the letter, and sets that of the contract", [
    ...["env", "path", "virtual-env", "imagespec-id"],
  ]),
  ruled("labels", "carries the labels of the spec and of the request to the letter", [
    ...["labels", "label-fingerprint", "label-contract", "labels-size"],
  ]),
  ruled("entrypoint", "has the entrypoint and the cmd of the spec to the letter", ["entrypoint", "cmd"]),
  {
    group,
    id: "inherited",
    title: "stands on the base: its layers first, its environment and labels inherited",
    async run(session) {
      const breaches = session.breaches();
      const { config } = await session.image();
      const base = await session.baseConfig();
      const variables = new Map((config.config?.Env ?? []).map((line) => split(line)));
      for (const [name, value] of (base.Env ?? []).map((line) => split(line))) {
        if (name === "PATH" || Object.hasOwn(fullEnv, name)) continue;
        breaches.check(variables.get(name) === value, `${name} of the base is ${variables.get(name) ?? "not set"}`);
      }
      const folders = (variables.get("PATH") ?? "").split(":");
      const missing = ((base.Env ?? []).map((line) => split(line)).find(([name]) => name === "PATH")?.[1] ?? "")
        .split(":")
        .filter((folder) => folder !== "" && !folders.includes(folder));
      breaches.check(missing.length === 0, `PATH has lost ${missing.join(", ")} of the base`);
      for (const [name, value] of Object.entries(base.Labels ?? {})) {
        breaches.check(config.config?.Labels?.[name] === value, `the label "${name}" of the base is lost`);
      }
      const own = config.rootfs.diff_ids.slice(0, (await session.baseDiffIds()).length);
      breaches.check(
        String(own) === String(await session.baseDiffIds()),
        "the layers of the base are not the first ones",
      );
      breaches.end("start from the config of the base and from its layers, as a Dockerfile's FROM does");
    },
  },
];

/** A test of the image of the full spec by rules of the contract's checker. */
function ruled(id: string, title: string, rules: readonly string[]): ConformanceCase {
  return {
    group,
    id,
    title,
    async run(session) {
      const breaches = session.breaches();
      const violations = (await fullViolations(session)).filter(({ rule }) => rules.includes(rule));
      for (const { rule, message } of violations) breaches.add(`${rule}: ${message}`);
      breaches.end(contract);
    },
  };
}

const known = new WeakMap<Session, { readonly digest: string; readonly list: Promise<readonly ContractViolation[]> }>();

async function fullViolations(session: Session): Promise<readonly ContractViolation[]> {
  const { source, digest } = await session.image();
  const { result } = await session.full();
  const before = known.get(session);
  if (before?.digest === digest) return before.list;
  const list = checkImageContract(source, { digest }, fullExpectation(result.fingerprint));
  known.set(session, { digest, list });
  return list;
}

function fullExpectation(fingerprint: string): ContractExpectation {
  return {
    fingerprint,
    contract: "1",
    env: fullEnv,
    labels: hostileLabels,
    entrypoint: fullEntrypoint,
    cmd: fullCmd,
    distributions: Object.fromEntries(madeDistributions.map(({ name, version }) => [name, version])),
    source: { ...madeSource, [copiedFile.from]: copiedFile.content },
    absent: ignoredFiles,
  };
}

function split(variable: string): readonly [string, string] {
  const at = variable.indexOf("=");
  return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}
