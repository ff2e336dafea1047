import type { ConformanceCase } from "../conformance-case.ts";

const group = "concurrency";
const several = 4;

export const concurrencyCases: readonly ConformanceCase[] = [
  {
    group,
    id: "side-by-side",
    title: `builds ${several} specs at once, as one builder with one cache`,
    async run(session) {
      const breaches = session.breaches();
      const { indexUrl } = await session.environment();
      const packages = ["conf-alpha", "conf-beta", "conf-gamma", "conf-gamma==0.3"];
      const builder = session.createBuilder();
      const trials = await Promise.all(
        packages.map((requirement, index) =>
          session.trial({ packages: [requirement], pipIndex: indexUrl, env: { CONF: String(index) } }, { builder }),
        ),
      );
      for (const { error } of trials) {
        breaches.check(error === undefined, `a build fails beside others: ${error?.code}: ${error?.message}`);
      }
      const digests = new Set(trials.map(({ result }) => result?.digest));
      breaches.check(digests.size === several, `${several} specs come to ${digests.size} images`);
      for (const trial of trials) {
        if (trial.result === undefined) continue;
        const { config } = await session.stored({ ...trial, result: trial.result });
        const wanted = `CONF=${trial.input.env?.["CONF"]}`;
        breaches.check(
          config.config?.Env?.includes(wanted) === true,
          `an image has not got the variable ${wanted} of its spec`,
        );
      }
      breaches.end("keep the state of a build in build, not in the builder or the module");
    },
  },
  {
    group,
    id: "equal-specs",
    title: "builds equal specs at once, from two processes as it were",
    async run(session) {
      const breaches = session.breaches();
      const { indexUrl } = await session.environment();
      const input = { packages: ["conf-alpha"], pipIndex: indexUrl, sourceRoot: "src" } as const;
      const name = session.newName();
      // Engines of their own: one engine would build once.
      const trials = await Promise.all([
        session.trial(input, { name }),
        session.trial(input, { name, cacheFolder: await session.folder("cache") }),
      ]);
      for (const { error } of trials) {
        breaches.check(error === undefined, `a build fails beside its twin: ${error?.code}: ${error?.message}`);
      }
      const [one, two] = trials.map(({ result }) => result?.digest);
      if (session.can("reproducible")) breaches.check(one === two, `equal specs come to ${one} and ${two}`);
      breaches.end("let twins meet: temporary names of one's own, content that is there already is fine");
    },
  },
];
