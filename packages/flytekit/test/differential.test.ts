import { readFileSync } from "node:fs";
import { isImageSpecError } from "@imagespec/errors";
import { temporaryFolder } from "@imagespec/test-support";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSpec } from "../src/request/python-json.ts";
import { flytekitId } from "../src/spec/flytekit-id.ts";
import { type FlytekitTagOptions, flytekitImageName, flytekitTag } from "../src/tag/flytekit-tag.ts";
import { parseFlytekitYaml } from "../src/yaml/parse-flytekit-yaml.ts";
import { type RandomCase, randomCase, randomYaml } from "./support/random-specs.ts";
import { writeRandomTrees } from "./support/random-trees.ts";
import { quietGit, realFlytekit } from "./support/real-flytekit.ts";
import { recordedVersions, writeFixture } from "./support/vectors.ts";

interface Answer {
  readonly id?: string;
  readonly tag?: string;
  readonly name?: string;
  readonly error?: { readonly stage: string; readonly type: string; readonly message: string };
}

const script = readFileSync(new URL("./support/ask-flytekit.py", import.meta.url), "utf8");
const { IMAGESPEC_WHOLE: whole, FLYTEKIT_SEED: givenSeed, FLYTEKIT_CASES } = process.env;
const count = FLYTEKIT_CASES !== undefined ? Number(FLYTEKIT_CASES) : whole === undefined ? 100 : 3000;
const seed = givenSeed === undefined ? (Date.now() ^ process.pid) >>> 0 : Number(givenSeed);

/**
 * What is known to differ, and does not change a tag: texts of PyYAML's own exceptions, and exceptions that name an object of
 * the process by its address.
 */
function comparable({ error, ...rest }: Answer): Answer {
  if (error === undefined) return rest;
  const isYaml = /^(?:Parser|Scanner|Composer|Constructor|Reader)Error$/.test(error.type);
  // A value that has the look of its type, and is none: Python's own words for it.
  const isScalar =
    error.stage === "construct" && error.type === "ValueError" && !/must be|Invalid container/.test(error.message);
  return { error: isYaml || isScalar ? { ...error, message: "" } : error };
}

function ours(one: RandomCase, options: FlytekitTagOptions): Answer {
  let id: string | undefined;
  try {
    const spec =
      one.yaml === undefined ? decodeSpec(one.spec ?? {}, "spec") : parseFlytekitYaml(one.yaml, { file: "spec.yaml" });
    id = flytekitId(spec, options);
    const tag = flytekitTag(spec, options);
    return one.named === true ? { id, tag, name: flytekitImageName(spec, options) } : { id, tag };
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    return { error: error.details["python"] as NonNullable<Answer["error"]> };
  }
}

describe.each(recordedVersions)("flytekit %s says the same", (version) => {
  it(`of ${count} random specs and ${Math.ceil(count / 3)} random spec files, seed ${seed}`, {
    timeout: 1_500_000,
  }, async (context) => {
    const flytekit = await realFlytekit(version, context);
    await using folder = await temporaryFolder("imagespec-flytekit-");
    await writeFixture(folder.path);
    Object.assign(process.env, quietGit);
    const trees = await writeRandomTrees(folder.path, count < 500 ? 25 : 150, seed);
    const files = [
      "assets/single.txt",
      "assets/a/f.txt",
      "assets/chain/top.txt",
      "reqs/same1.txt",
      "reqs/crlf.txt",
      "locks/uv/uv.lock",
    ];
    const places = { folder: folder.path, trees, files: [...files, ...trees.map((tree) => `${tree}/a`)] };
    const cases = [
      ...fc.sample(randomCase(places), { seed, numRuns: count }),
      ...fc.sample(randomYaml, { seed, numRuns: Math.ceil(count / 3) }),
    ].map((one, index) => ({ ...one, named: index % 5 === 0 }));
    const text = await flytekit.python(script, { cwd: folder.path, input: JSON.stringify(cases) });
    const { python, answers } = JSON.parse(text) as { python: string; answers: readonly Answer[] };
    expect(answers).toHaveLength(cases.length);
    const different: unknown[] = [];
    for (const [index, one] of cases.entries()) {
      const options = { version, python, machine: one.machine, root: folder.path, loadedModules: one.loaded_modules };
      const [expected, found] = [comparable(answers[index]!), comparable(ours(one, options))];
      if (JSON.stringify(expected) !== JSON.stringify(found)) different.push({ one, expected, found });
    }
    expect(different.slice(0, 5), `${different.length} of ${cases.length} differ; FLYTEKIT_SEED=${seed}`).toEqual([]);
    const tagged = answers.filter(({ tag }) => tag !== undefined).length;
    // Most specs have a tag: what is compared is not exceptions alone.
    expect(tagged).toBeGreaterThan(cases.length / 3);
  });
});
