import { enginesUnderTest, requireStack } from "@imagespec/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planDockerfile } from "../src/index.ts";
import { specPlace } from "../src/testing/spec-place.ts";
import { buildPlan } from "./support/build-plan.ts";

const { engines } = enginesUnderTest();
const uv = { from: "image", reference: "docker.io/astral/uv:0.13.9" } as const;

const hostile = [
  "",
  " ",
  "\t lead and trail \t",
  "'single'",
  '"double"',
  `$HOME $${"{HOME}"} $$ \\$HOME`,
  "back\\slash\\",
  "\\n is not a line break",
  "a\nb",
  "\nline\n\n",
  "carriage\rreturn\r",
  "end\r\n",
  "# comment",
  "é 日本語 🎉 \u00a0\u0085\u2028",
  "\ufeffbom",
  "`backtick` $(sub) %PATH% $" + "{x:-y}",
  "<<EOF",
  "=a=b=",
  '["json"]',
];
const text = fc
  .oneof(
    fc.constantFrom(...hostile),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "{", "}", "\n", "\r", " ", "#", "=", "a", ":", "?"),
      maxLength: 20,
    }),
  )
  .map((value) => value.replaceAll("\0", ""));
const envName = text.filter(
  (name) => name !== "" && !/[=\r\n]|^IMAGESPEC_/.test(name) && name.toUpperCase() !== "PATH",
);
const labelName = text.filter((name) => name !== "" && !/[=\s]|^dev\.imagespec/.test(name));

for (const engine of engines) {
  test(`strings arrive as they are, Engine ${engine}`, { timeout: 300_000 }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using place = await specPlace();
    const property = fc.asyncProperty(
      fc.record({
        env: fc.dictionary(envName, text, { minKeys: 5, maxKeys: 12 }),
        labels: fc.dictionary(labelName, text, { minKeys: 5, maxKeys: 12 }),
        entrypoint: fc.array(text, { maxLength: 6 }),
        cmd: fc.array(text, { maxLength: 6 }),
        workdir: text
          .filter((path) => !/[\r\n]/.test(path) && !path.split("/").includes(".."))
          .map((path) => `/w/${path}`),
        user: fc.constantFrom("imagespec", "1000", "1000:1000", "root", "0"),
      }),
      async (input) => {
        const spec = await place.resolve({ baseImage: "scratch", ...input });
        const plan = planDockerfile(
          {
            spec,
            base: undefined,
            resolution: undefined,
            labels: { "dev.imagespec.contract": "1" },
            env: { IMAGESPEC_ID: "id" },
          },
          { dialect: engine === "20.10" ? "base" : "modern", uv },
        );
        const { Config: config } = await (await buildPlan(stack, engine, plan)).inspect();
        const env = (config["Env"] as string[]).filter((line) => !line.startsWith("PATH="));
        expect(
          Object.fromEntries(env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
        ).toEqual({
          ...spec.env,
          IMAGESPEC_ID: "id",
        });
        expect(config["Labels"]).toEqual({ ...spec.labels, "dev.imagespec.contract": "1" });
        expect(config["Entrypoint"] ?? []).toEqual(spec.entrypoint);
        expect(config["Cmd"] ?? []).toEqual(spec.cmd);
        expect(config["User"]).toBe(spec.user);
        expect(config["WorkingDir"]).toBe(
          spec.workdir
            .replace(/\/+/g, "/")
            .replace(/(?:\/\.)+(?=\/|$)/g, "")
            .replace(/(.)\/$/, "$1"),
        );
      },
    );
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
  });
}
