import { writeFile } from "node:fs/promises";
import path from "node:path";
import { validateImage } from "../../validate/validate-image.ts";
import { imageDifferences } from "../compare-images.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { fullSpec } from "../session/full-spec.ts";
import { writeProject } from "../session/made-project.ts";

export const sourceAppendCases: readonly ConformanceCase[] = [
  {
    group: "image contract",
    id: "source-appended",
    title: "makes images to which the engine appends a source: the result is what the builder makes of the whole spec",
    needs: ["output-registry"],
    isForAppendable: true,
    async run(session) {
      const breaches = session.breaches();
      const input = fullSpec(await session.environment());
      const root = await session.folder("appended");
      await writeProject(root, 1_700_000_000);
      const options = { root, output: "registry", build: { appendSource: true } } as const;
      const first = await session.built(input, options);
      const sources = first.observed.builds.map(({ spec }) => spec.source.files.length);
      breaches.check(
        String(sources) === "0",
        `was asked to build sources of ${sources.join(", ")} files instead of none`,
      );
      breaches.add(...first.result.warnings);

      await writeFile(path.join(root, "src", "train", "__init__.py"), "score = 2\n");
      const { name, cacheFolder } = first;
      const edited = await session.built(input, { ...options, name, cacheFolder });
      breaches.check(edited.observed.builds.length === 0, "was asked to build again for an edit of the source");
      breaches.add(...edited.result.warnings);

      const appended = await session.stored(edited);
      for (const { rule, at, message } of await validateImage(appended.source, { digest: appended.digest }))
        breaches.add(`${rule}: ${at} ${message}`);
      const whole = await session.stored(await session.built(input, { root, output: "registry" }));
      const [one, two] = ["the engine's append", session.builder.name];
      breaches.add(...imageDifferences({ name: one, image: appended }, { name: two ?? "", image: whole }).slice(0, 20));
      breaches.end(
        "give the image of a spec the same working directory, user and configuration with a source and without, or leave appendableSource out",
      );
    },
  },
];
