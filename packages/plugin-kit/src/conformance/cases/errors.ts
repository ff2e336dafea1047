import { appendFile } from "node:fs/promises";
import path from "node:path";
import type { Capability, ImageSpecInput } from "@imagespec/core";
import { catalogueEntry, type ErrorCode, type ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { Breaches } from "../breaches.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Environment } from "../session/environment.ts";
import { writeProject } from "../session/made-project.ts";
import type { Session } from "../session/session.ts";
import type { Trial } from "../session/trial.ts";

const group = "errors";
const sameCode = "give the same cause the code that every builder gives it: docs/reference/errors.md";

interface Cause {
  readonly id: string;
  readonly title: string;
  readonly code: ErrorCode;
  /** Field that the error has to name. */
  readonly field?: string;
  readonly needs?: readonly Capability[];
  readonly input: (environment: Environment) => Promise<ImageSpecInput> | ImageSpecInput;
}

const causes: readonly Cause[] = [
  {
    id: "base-missing",
    title: "a base that does not exist",
    code: "BASE_NOT_FOUND",
    input: ({ registry, baseRepository }) => ({ baseImage: `${registry}/${baseRepository}:not-there` }),
  },
  {
    id: "package-unknown",
    title: "a package that the index does not have",
    code: "SPEC_PACKAGE_NOT_FOUND",
    field: "packages[1]",
    input: ({ indexUrl }) => ({ packages: ["conf-beta", "conf-not-there"], pipIndex: indexUrl }),
  },
  {
    id: "version-unknown",
    title: "a version that the index does not have",
    code: "SPEC_VERSION_NOT_FOUND",
    field: "packages[0]",
    input: ({ indexUrl }) => ({ packages: ["conf-beta==99"], pipIndex: indexUrl }),
  },
  {
    id: "contradiction",
    title: "requirements that contradict each other",
    code: "SPEC_UNSOLVABLE",
    input: ({ indexUrl }) => ({ packages: ["conf-alpha==1.4", "conf-beta==1.0"], pipIndex: indexUrl }),
  },
  {
    id: "no-wheel",
    title: "a package without a wheel for the image",
    code: "SPEC_NO_WHEEL",
    field: "packages[0]",
    input: ({ indexUrl }) => ({ packages: ["conf-foreign"], pipIndex: indexUrl }),
  },
  {
    id: "wheel-corrupt",
    title: "a wheel with other bytes than the index states",
    code: "WHEEL_HASH_MISMATCH",
    input: ({ indexUrl }) => ({ packages: ["conf-corrupt"], pipIndex: indexUrl }),
  },
  {
    id: "index-auth",
    title: "an index that wants a login",
    code: "INDEX_AUTH",
    input: async (environment) => ({
      packages: ["conf-beta"],
      pipIndex: await environment.loginIndexUrl("conf:login-that-nobody-gave"),
    }),
  },
  {
    id: "command-fails",
    title: "a command that fails",
    code: "BUILD_STEP_FAILED",
    field: "commands[1]",
    needs: ["commands"],
    input: () => ({ commands: ["true", "echo before the end; exit 3"] }),
  },
];

export const errorCases: readonly ConformanceCase[] = [
  ...causes.map(
    ({ id, title, code, field, needs = [], input }): ConformanceCase => ({
      group,
      id,
      title: `rejects ${title} with ${code}, and publishes nothing`,
      needs,
      async run(session) {
        const breaches = session.breaches();
        const trial = await session.trial(await input(await session.environment()));
        await trial.observed.builds[0]?.settled;
        const { error } = trial;
        if (breaches.check(error !== undefined, `succeeds in spite of ${title}`) && error !== undefined) {
          breaches.check(error.code === code, `rejects ${title} with ${error.code}: ${error.message}`);
          const fields = error.problems.map((problem) => problem.path);
          const isNamed = field === undefined || fields.some((each) => each === field);
          breaches.check(isNamed, `names the fields ${JSON.stringify(fields)} instead of "${field}" in problems`);
          checkError(breaches, error);
        }
        await checkFailure(session, breaches, trial);
        breaches.end(sameCode);
      },
    }),
  ),
  {
    group,
    id: "source-edited",
    title: "publishes nothing when the source is edited during the build",
    async run(session) {
      const breaches = session.breaches();
      const root = await session.folder("edited");
      await writeProject(root, 1_700_000_000);
      let edit: Promise<void> | undefined;
      const change = (): void => {
        edit ??= appendFile(path.join(root, "src", "train", "__init__.py"), "edited = True\n");
      };
      const trial = await session.trial(
        { sourceRoot: "src" },
        {
          root,
          hooks: {
            onBase: change,
            onEvent: change,
            given(...given) {
              change();
              return given;
            },
          },
        },
      );
      await edit;
      await trial.observed.builds[0]?.settled;
      const code = trial.error?.code;
      breaches.check(
        code === "SOURCE_CHANGED",
        `an edit during the build comes to ${code ?? "an image under the old tag"}`,
      );
      await checkFailure(session, breaches, trial);
      breaches.end("read source through spec.source.open, which notices edits, and let its errors through");
    },
  },
];

/** What every error must have. */
function checkError(breaches: Breaches, error: ImageSpecError): void {
  const { code, message, hint } = error;
  breaches.check(catalogueEntry(code) !== undefined, `"${code}" is in no catalogue of errors`);
  breaches.check(message.trim() !== "", `the error ${code} has no message`);
  breaches.check(hint !== undefined && hint.trim() !== "", `the error ${code} has no hint: "${message}"`);
}

/** What every failed build must leave: an error with a code from the builder, and no image. */
async function checkFailure(session: Session, breaches: Breaches, trial: Trial): Promise<void> {
  for (const { state, error } of trial.observed.builds) {
    if (state !== "rejected") continue;
    breaches.check(
      isImageSpecError(error),
      `rejects with ${error instanceof Error ? `a ${error.name}` : typeof error} instead of an ImageSpecError: ${messageOf(error)}`,
    );
  }
  const names = await session.published(trial);
  breaches.check(names.length === 0, `"${names[0]}" is there although the build failed`);
}
