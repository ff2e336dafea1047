import { execFileSync } from "node:child_process";
import { cp, mkdtemp, realpath, rename, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isContainer } from "../src/container/is-container.ts";
import { decodeSpec, isRecord, type JsonValue } from "../src/request/python-json.ts";
import { constructSpec } from "../src/spec/construct-spec.ts";
import { flytekitId } from "../src/spec/flytekit-id.ts";
import type { FlytekitSpec } from "../src/spec/flytekit-spec.ts";
import { specText } from "../src/spec/spec-text.ts";
import { type FlytekitTagOptions, flytekitImageName, flytekitTag, tagText } from "../src/tag/flytekit-tag.ts";
import { parseFlytekitYaml } from "../src/yaml/parse-flytekit-yaml.ts";
import { readImageValues } from "../src/yaml/read-image-values.ts";
import { applyCalls, givenSpec, PythonException } from "./support/apply-calls.ts";
import {
  type BehaviourVector,
  readVectors,
  recordedPython,
  recordedVersions,
  type SpecVector,
  writeFixture,
  type YamlVector,
} from "./support/vectors.ts";

let fixture = "";
const folders: string[] = [];

beforeAll(async () => {
  fixture = await temporaryFolder();
  await writeFixture(fixture);
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(os.tmpdir(), "imagespec-flytekit-")));
  folders.push(folder);
  return folder;
}

/** The folder of a case: one of its own when the case changes files. */
async function folderOf({ prepare }: SpecVector): Promise<string> {
  if (prepare === undefined) return fixture;
  const folder = await temporaryFolder();
  await cp(fixture, folder, { recursive: true, verbatimSymlinks: true });
  for (const [action, first = "", second = ""] of prepare) {
    if (action === "rename") await rename(join(folder, first), join(folder, second));
    else if (action === "git_init") execFileSync("git", ["init", "-q", join(folder, first)]);
    else throw new Error(`unknown step "${action}"`);
  }
  return folder;
}

/** `${FIXTURE}` in texts is the folder of the case. */
function placed<T extends JsonValue>(value: T, folder: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll("\u0024{FIXTURE}", folder)) as T;
}

type Outcome = { readonly stage: string; readonly type: string; readonly message: string };

function outcomeOf(error: unknown, stage: string): Outcome {
  if (error instanceof PythonException) return { stage, type: error.type, message: error.message };
  if (!isImageSpecError(error)) throw error;
  const { python } = error.details as { python: Outcome };
  return python;
}

describe.each(recordedVersions)("flytekit %s", (version) => {
  describe("specs", () => {
    it.each(readVectors<SpecVector>(`image-spec.${version}`).map((vector) => [vector.id, vector] as const))(
      "%s",
      async (_id, vector) => {
        const folder = await folderOf(vector);
        const options: FlytekitTagOptions = {
          version,
          python: recordedPython,
          machine: vector.machine,
          root: folder,
          loadedModules: (vector.loaded_modules ?? []).map((file) => join(folder, file)),
        };
        let spec: FlytekitSpec;
        try {
          const given = givenSpec({ ...vector, spec: placed(vector.spec, folder) });
          constructSpec(given, options);
          spec = applyCalls(given, vector.calls);
        } catch (error) {
          expect(outcomeOf(error, vector.calls === undefined ? "construct" : "calls")).toEqual(vector.error);
          return;
        }
        if (vector.error?.stage === "tag") {
          expect(
            outcomeOf(
              failureOf(() => flytekitTag(spec, options)),
              "tag",
            ),
          ).toEqual(vector.error);
          return;
        }
        expect([undefined, "build"]).toContain(vector.error?.stage);
        const constructed = constructSpec(spec, options);
        expect(specText(constructed, recordedPython).replaceAll(folder, "\u0024{FIXTURE}")).toBe(vector.id_text);
        if (vector.spec_id !== undefined) expect(flytekitId(spec, options)).toBe(vector.spec_id);
        for (const order of ["ascending", "descending"] as const) {
          const expected = vector.fs_order_dependent?.[order];
          if (expected !== undefined)
            expect(flytekitTag(spec, { ...options, directoryOrder: order })).toBe(expected.tag);
        }
        if (vector.with_newer_unicode !== undefined)
          expect(flytekitTag(spec, { ...options, python: "3.12" })).toBe(vector.with_newer_unicode.tag);
        if (vector.fs_order_dependent !== undefined) return;
        expect(tagText(constructed, options)).toBe(vector.tag_text);
        expect(flytekitTag(spec, options)).toBe(vector.tag);
        expect(flytekitImageName(spec, options)).toBe(vector.image_name);
        if (vector.image_name_after_build === undefined) return;
        const { base_image: base } = vector.spec;
        // The one builder that returns another name returns that of its base.
        const nested = isRecord(base) && isRecord(base["fields"]) ? base["fields"] : vector.spec;
        const built = flytekitImageName(nested as FlytekitSpec, options);
        const builtNames = new Map([[built, String(nested["base_image"])]]);
        expect(flytekitImageName(spec, { ...options, builtNames })).toBe(vector.image_name_after_build);
      },
    );
  });

  describe("spec files", () => {
    const files = readVectors<YamlVector>(`yaml.${version}`).filter(({ kind }) => kind === "spec-file");
    it.each(files.map((vector) => [vector.id, vector] as const))("%s", (_id, vector) => {
      const options: FlytekitTagOptions = { version, python: recordedPython, root: fixture };
      const read = () => {
        const spec = parseFlytekitYaml(vector.file_text, { file: "spec.yaml" });
        return { tag: flytekitTag(spec, options), name: flytekitImageName(spec, options) };
      };
      if (vector.error === undefined) {
        expect(read()).toEqual({ tag: vector.tag, name: vector.image_name });
        return;
      }
      const { type, message } = outcomeOf(failureOf(read), "construct");
      expect(type).toBe(vector.error.type);
      // What the YAML parsers say of a text that is no YAML is theirs.
      if (!/^(?:Parser|Scanner|Composer)Error$/.test(type))
        expect(vector.error.message.split("\n")[0]).toBe(message.split("\n")[0]);
    });
  });
});

describe.each(recordedVersions)("behaviour of flytekit %s", (version) => {
  const options = { version, python: recordedPython };
  const vectors = readVectors<BehaviourVector>(`behaviour.${version}`);
  const named = (prefix: string) =>
    vectors.filter(({ id }) => id.startsWith(prefix)).map((vector) => [vector.id, vector] as const);

  it.each(named("g-registry-validation"))("%s", (_id, { inputs, outcome }) => {
    const spec = { registry: String(inputs["registry"]) };
    if (outcome["accepted"] === true) expect(constructSpec(spec, options).registry).toBe(outcome["stored"]);
    else
      expect(
        outcomeOf(
          failureOf(() => constructSpec(spec, options)),
          "",
        ).type,
      ).toBe("ValueError");
  });

  it.each(named("g-type-validation"))("%s", (_id, { inputs, outcome }) => {
    const spec = decodeSpec(inputs["fields"] as Readonly<Record<string, JsonValue>>, "spec");
    if (outcome["accepted"] === true) constructSpec(spec, options);
    else
      expect(
        outcomeOf(
          failureOf(() => constructSpec(spec, options)),
          "",
        ),
      ).toMatchObject(outcome["error"] as object);
  });

  it.each(named("g-is-container"))("%s", (_id, { inputs, outcome }) => {
    const spec: FlytekitSpec = { packages: ["a"] };
    const id = inputs["var"] === "id" ? flytekitId(spec, options) : (inputs["var"] ?? undefined);
    const isTask = inputs["mode"] === "TASK_EXECUTION";
    const env = { _F_IMG_ID: id as string | undefined };
    expect(isContainer(spec, { ...options, env, isTask })).toBe(outcome["is_container"]);
  });

  const values = readVectors<YamlVector>(`yaml.${version}`).filter(({ kind }) => kind === "identifiers");
  it.each(values.map((vector) => [vector.id, vector] as const))("%s", (_id, vector) => {
    const read = () => readImageValues(vector.values, "registry.example.org/default/task:image");
    if (vector.error !== undefined) expect(outcomeOf(failureOf(read), "")).toMatchObject(vector.error);
    else expect(read()).toEqual(vector.images);
  });
});

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
