import { readdir } from "node:fs/promises";
import {
  type BuildVerdict,
  ImageSpec,
  type ImageSpecInput,
  type ResolvedImageSpec,
  resolveImageSpec,
} from "@imagespec/core";
import { messageOf } from "@imagespec/errors";
import { isDigest } from "@imagespec/oci";
import type { ConformanceCase } from "../conformance-case.ts";
import { fullSpec } from "../session/full-spec.ts";
import { deepFrozen, differences, plainCopy } from "../session/plain-copy.ts";
import type { Session } from "../session/session.ts";
import { selectionContext } from "./definition.ts";

const group = "selection";
/** Generous: what takes longer than this asks somebody. */
const cheapMs = 2000;
const changing = "treat the spec and the request as values: copy what you want to change";

export const selectionCases: readonly ConformanceCase[] = [
  {
    group,
    id: "takes-full-spec",
    title: "takes a spec within its capabilities",
    async run(session) {
      const breaches = session.breaches();
      const { verdict } = await ask(session, fullSpec(await session.environment()));
      const said =
        verdict.action === "decline" ? verdict.problems.map(({ path, message }) => `${path}: ${message}`) : [];
      breaches.check(verdict.action !== "decline", `declines packages, source and environment: ${said.join("; ")}`);
      breaches.end("take every spec within the capabilities, or do not declare the capability");
    },
  },
  {
    group,
    id: "verdict-shape",
    title: "answers with verdicts of the contract, whatever it is asked about",
    async run(session) {
      const breaches = session.breaches();
      for (const input of oddSpecs(fullSpec(await session.environment()))) {
        try {
          breaches.add(...verdictBreaches((await ask(session, input)).verdict));
        } catch (error) {
          breaches.add(`throws for ${JSON.stringify(input).slice(0, 100)}: ${messageOf(error)}`);
        }
      }
      breaches.end('return true, { action: "build" } or decline(path, message, hint) with a field of the spec');
    },
  },
  {
    group,
    id: "same-answer",
    title: "gives the same answer to the same question",
    async run(session) {
      const breaches = session.breaches();
      const input = fullSpec(await session.environment());
      const answers = [await ask(session, input), await ask(session, input)].map(({ verdict }) => verdict.action);
      breaches.check(answers[0] === answers[1], `answers "${answers[0]}", then "${answers[1]}"`);
      breaches.end("decide by the spec and the context alone");
    },
  },
  {
    group,
    id: "cheap",
    title: "decides without writing anything, and quickly",
    async run(session) {
      const breaches = session.breaches();
      const { registryRequests, folder } = await session.environment();
      const project = await session.project();
      const input = fullSpec(await session.environment());
      const list = async () => [...(await readdir(folder.path, { recursive: true }))].filter((name) => name !== "");
      const seen = [registryRequests.length, await list(), await readdir(project)] as const;
      const { ms } = await ask(session, input);
      const writes = registryRequests.slice(seen[0]).filter(({ method }) => !/GET|HEAD/.test(method));
      const fresh = (await list()).filter((name) => !seen[1].includes(name));
      breaches.check(
        writes.length === 0,
        `writes to the registry: ${writes.map(({ method, path }) => `${method} ${path}`)}`,
      );
      breaches.check(fresh.length === 0, `writes files: ${fresh.slice(0, 5).join(", ")}`);
      breaches.check(ms < cheapMs, `takes ${Math.round(ms)} ms`);
      breaches.end("leave all work to build; shouldBuild looks at the spec, isAvailable at the machinery");
    },
  },
  {
    group,
    id: "pure-question",
    title: "leaves the spec as it is when it is asked",
    async run(session) {
      const breaches = session.breaches();
      const spec = await resolve(session, fullSpec(await session.environment()));
      const given = plainCopy(spec);
      const before = plainCopy(given);
      await session.createBuilder().shouldBuild(given, await selectionContext(session));
      for (const path of differences(before, given)) breaches.add(`shouldBuild changes spec.${path}`);
      try {
        await session.createBuilder().shouldBuild(deepFrozen(plainCopy(spec)), await selectionContext(session));
      } catch (error) {
        breaches.add(`shouldBuild fails with a frozen spec: ${messageOf(error)}`);
      }
      breaches.end(changing);
    },
  },
  {
    group,
    id: "pure-build",
    title: "leaves spec and request as they are when it builds",
    async run(session) {
      const breaches = session.breaches();
      const notes: (() => readonly string[])[] = [];
      const trial = await session.trial(fullSpec(await session.environment()), {
        hooks: {
          given(spec, request) {
            const copy = plainCopy(spec);
            const { sink: _sink, registryClient: _client, store: _store, signal: _signal, ...rest } = request;
            const data = plainCopy(rest);
            const [specBefore, dataBefore] = [plainCopy(copy), plainCopy(data)];
            notes.push(() => [
              ...differences(specBefore, copy).map((path) => `build changes spec.${path}`),
              ...differences(dataBefore, data).map((path) => `build changes request.${path}`),
            ]);
            return [copy, { ...request, ...data }];
          },
        },
      });
      for (const note of notes) breaches.add(...note());
      breaches.check(trial.error === undefined, `fails with a copy of the spec: ${trial.error?.message}`);
      const frozen = await session.trial(fullSpec(await session.environment()), {
        hooks: {
          given(spec, request) {
            const { output, labels, labelsByPlatform, env, secrets } = request;
            const data = deepFrozen(plainCopy({ output, labels, labelsByPlatform, env, secrets }));
            return [spec, { ...request, ...data }];
          },
        },
      });
      breaches.check(frozen.error === undefined, `fails with a frozen spec and request: ${frozen.error?.message}`);
      breaches.end(changing);
    },
  },
  {
    group,
    id: "explained",
    title: "is chosen by an engine that has no other, and named",
    async run(session) {
      const breaches = session.breaches();
      const { result, observed } = await session.full();
      breaches.check(result.builder === session.builder.name, `the result names the builder "${result.builder}"`);
      breaches.check(observed.questions.length > 0, "shouldBuild was not asked");
      breaches.check(observed.builds.length === 1, `build was called ${observed.builds.length} times`);
      breaches.end("keep one name for a builder");
    },
  },
];

async function resolve(session: Session, input: ImageSpecInput): Promise<ResolvedImageSpec> {
  const { base, registry } = await session.environment();
  const spec = new ImageSpec({ baseImage: base, registry, ...input, name: session.newName() });
  return resolveImageSpec(spec, { root: await session.project() });
}

async function ask(
  session: Session,
  input: ImageSpecInput,
): Promise<{ readonly verdict: BuildVerdict; readonly ms: number }> {
  const spec = await resolve(session, input);
  const context = await selectionContext(session);
  const builder = session.createBuilder();
  const start = performance.now();
  const verdict = await builder.shouldBuild(spec, context);
  return { verdict, ms: performance.now() - start };
}

function oddSpecs(full: ImageSpecInput): readonly ImageSpecInput[] {
  return [
    {},
    full,
    { ...full, platform: "linux/s390x" },
    { packages: ["conf-none @ https://example.invalid/conf_none-1-py3-none-any.whl"] },
    { env: { CONF: "1" }, workdir: "/", user: "0:0" },
    { builder: "somebody-else", builderOptions: { unknown: [1, { two: null }] } },
  ];
}

function verdictBreaches(verdict: unknown): readonly string[] {
  const shown = JSON.stringify(verdict)?.slice(0, 200) ?? String(verdict);
  if (typeof verdict !== "object" || verdict === null || !("action" in verdict)) return [`answers ${shown}`];
  if (verdict.action === "build") return [];
  if (verdict.action === "skip") {
    const existing = "existing" in verdict ? verdict.existing : undefined;
    const digest =
      typeof existing === "object" && existing !== null && "digest" in existing ? existing.digest : undefined;
    return isDigest(digest) ? [] : [`answers "skip" without the image that exists: ${shown}`];
  }
  if (verdict.action !== "decline") return [`answers ${shown}`];
  const problems: readonly unknown[] = "problems" in verdict && Array.isArray(verdict.problems) ? verdict.problems : [];
  if (problems.length === 0) return ["declines without a reason"];
  return problems.flatMap((problem) => {
    const { path, message, code } = (problem ?? {}) as Readonly<Record<string, unknown>>;
    const isWhole =
      typeof path === "string" && typeof message === "string" && message !== "" && typeof code === "string";
    // What answers are made of where a builder gave none.
    if (code === "BUILDER_CONTRACT") return [String(message)];
    return isWhole ? [] : [`declines with the problem ${JSON.stringify(problem)}`];
  });
}
