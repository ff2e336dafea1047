import type { ConformanceCase } from "../conformance-case.ts";

const group = "existence";

export const existenceCases: readonly ConformanceCase[] = [
  {
    group,
    id: "found-again",
    title: "makes an image that an engine finds again, verified, and does not build twice",
    async run(session) {
      const breaches = session.breaches();
      const { input, name, output, cacheFolder, result } = await session.full();
      const again = await session.built(input, { name, output, cacheFolder });
      breaches.check(again.result.action === "exists", `the second build is "${again.result.action}"`);
      breaches.check(again.observed.builds.length === 0, "build was called again");
      breaches.check(
        again.result.digest === result.digest,
        `${again.result.digest} was found, ${result.digest} was made`,
      );
      breaches.end("write labels of the request to the config as they are, and return the digest of what was written");
    },
  },
  {
    group,
    id: "forced",
    title: "builds again when it is forced to",
    async run(session) {
      const breaches = session.breaches();
      const { indexUrl } = await session.environment();
      const builder = session.createBuilder();
      const first = await session.built({ packages: ["conf-beta"], pipIndex: indexUrl }, { builder });
      const { input, name, output, cacheFolder } = first;
      const again = await session.built(input, { builder, name, output, cacheFolder, build: { force: true } });
      const [build] = again.observed.builds;
      breaches.check(again.result.action === "built", `the forced build is "${again.result.action}"`);
      breaches.check(build?.request.force === true, "build was not called with force");
      breaches.check(
        again.result.tag === first.result.tag,
        `the tag was "${first.result.tag}" and is "${again.result.tag}"`,
      );
      breaches.end("build whenever build is called; whether an image exists is the engine's question");
    },
  },
  {
    group,
    id: "skip-is-true",
    title: "says that it has an image only when it has it",
    async run(session) {
      const breaches = session.breaches();
      const trial = await session.built({ env: { CONF_FRESH: session.newName() } });
      const answers = trial.observed.questions.map(({ answer }) => answer?.action);
      breaches.check(!answers.includes("skip"), 'answers "skip" for an image that was never built');
      breaches.check(trial.result.action === "built", `a new spec is "${trial.result.action}"`);
      breaches.end('answer "skip" only with the digest of an image with the fingerprint of the spec');
    },
  },
  {
    group,
    id: "changed-spec",
    title: "makes another image for another spec",
    async run(session) {
      const breaches = session.breaches();
      const builder = session.createBuilder();
      const one = await session.built({ env: { CONF: "1" } }, { builder });
      const two = await session.built({ env: { CONF: "2" } }, { builder, name: one.name });
      breaches.check(one.result.tag !== two.result.tag, `both have the tag "${one.result.tag}"`);
      breaches.check(one.result.digest !== two.result.digest, `both have the digest "${one.result.digest}"`);
      breaches.end("build from the spec that build is given");
    },
  },
];
