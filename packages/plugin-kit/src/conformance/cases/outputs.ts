import path from "node:path";
import type { Capability, OutputChoice } from "@imagespec/core";
import { parseDigest } from "@imagespec/oci";
import { checkImageContract } from "../../contract/check-image-contract.ts";
import { validateImage } from "../../validate/validate-image.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { startEngineStandIn } from "../session/engine-stand-in.ts";
import { madeSource } from "../session/made-project.ts";
import { platformFindings } from "../session/platform-images.ts";
import type { Session } from "../session/session.ts";

const group = "outputs";
const platforms: readonly string[] = ["linux/amd64", "linux/arm64"];

export const outputCases: readonly ConformanceCase[] = [
  delivers("registry", "output-registry", async () => "registry"),
  delivers("local-store", "output-local-store", async () => "local-store"),
  delivers("oci-layout", "output-oci-layout", async (session) => ({
    kind: "oci-layout",
    path: await session.folder("layout"),
  })),
  delivers("docker-archive", "output-docker-archive", async (session) => ({
    kind: "docker-archive",
    path: path.join(await session.folder("archive"), "image.tar"),
  })),
  {
    group,
    id: "engine",
    title: "delivers to a container engine",
    needs: ["output-engine"],
    async run(session) {
      const breaches = session.breaches();
      await using standIn = session.settings.engine === undefined ? await startEngineStandIn() : undefined;
      const host = session.settings.engine ?? standIn?.host;
      const output = { kind: "engine", host } as const;
      const trial = await session.trial({ sourceRoot: "src" }, { output });
      breaches.check(trial.error === undefined, `${trial.error?.code}: ${trial.error?.message}`);
      if (standIn !== undefined && trial.result !== undefined) {
        breaches.check(standIn.names().length > 0, "the engine has not got the image");
      }
      breaches.end('write to request.sink, which serves every output, or do not declare "output-engine"');
    },
  },
  {
    group,
    id: "outcome",
    title: "returns what it wrote: digest, media type, size, platforms, timings, bytes",
    async run(session) {
      const breaches = session.breaches();
      const { observed } = await session.full();
      const { source, digest } = await session.image();
      const outcome = observed.builds[0]?.outcome;
      const stored = await source.readManifest({ digest });
      breaches.check(outcome?.digest === digest, `returns the digest "${outcome?.digest}", the image has "${digest}"`);
      breaches.check(
        outcome?.size === stored?.bytes.length,
        `returns the size ${outcome?.size}, the manifest has ${stored?.bytes.length} bytes`,
      );
      breaches.check(
        outcome?.mediaType === stored?.descriptor.mediaType,
        `returns the media type "${outcome?.mediaType}", the manifest is a "${stored?.descriptor.mediaType}"`,
      );
      breaches.check(Object.keys(outcome?.timings ?? {}).length > 0, "returns no timings");
      breaches.end("return the descriptor of the manifest that was written, and what it took");
    },
  },
  {
    group,
    id: "untagged",
    title: "leaves the tag to the engine, which sets it when the image is verified",
    async run(session) {
      const breaches = session.breaches();
      const output = await session.defaultOutput();
      const name = session.newName();
      const during: string[] = [];
      const cacheFolder = (await session.environment()).folder.join("cache");
      let looked: Promise<void> | undefined;
      const trial = await session.trial(
        { env: { CONF_TAG: name } },
        {
          name,
          output,
          cacheFolder,
          hooks: {
            onWrite: () => {
              looked ??= session.published({ name, output, cacheFolder }).then((names) => void during.push(...names));
            },
          },
        },
      );
      await looked;
      const after = await session.published(trial);
      breaches.check(during.length === 0, `"${during[0]}" is there while the image is being written`);
      breaches.check(trial.error !== undefined || after.length > 0, "nothing is there after the build");
      breaches.end("write manifests by digest; the engine tags them");
    },
  },
  {
    group,
    id: "platforms",
    title: "builds several platforms, or declines those it cannot",
    async run(session) {
      const breaches = session.breaches();
      const trial = await session.trial({ platform: platforms, sourceRoot: "src" });
      const { error, result } = trial;
      if (error?.code === "NO_BUILDER" || error?.code === "SPEC_CONFLICT") return;
      breaches.check(
        error === undefined,
        `takes ${platforms.join(" and ")} and fails: ${error?.code}: ${error?.message}`,
      );
      if (result !== undefined) {
        await using opened = await session.open(trial);
        const found = await platformFindings(opened.source, result.digest ?? "");
        for (const [platform, findings] of found) breaches.add(...findings.map((finding) => `${platform}: ${finding}`));
        for (const platform of platforms) breaches.check(found.has(platform), `there is no image for ${platform}`);
      }
      breaches.end('decline platforms that cannot be built with decline("platform", ...)');
    },
  },
];

function delivers(
  kind: string,
  capability: Capability,
  choose: (session: Session) => Promise<OutputChoice>,
): ConformanceCase {
  return {
    group,
    id: kind,
    title: `delivers to an output of kind ${kind}`,
    needs: [capability],
    async run(session) {
      const breaches = session.breaches();
      const trial = await session.built({ sourceRoot: "src" }, { output: await choose(session) });
      await using opened = await session.open(trial);
      const { source } = opened;
      const digest = parseDigest(trial.result.digest ?? "");
      for (const { rule, message } of await validateImage(source, { digest })) breaches.add(`${rule}: ${message}`);
      const wanted = { fingerprint: trial.result.fingerprint, source: madeSource };
      for (const { rule, message } of await checkImageContract(source, { digest }, wanted)) {
        breaches.add(`${rule}: ${message}`);
      }
      breaches.check((await session.published(trial)).length > 0, "the image has no name there");
      breaches.end(`write to request.sink, which serves every output, or do not declare "${capability}"`);
    },
  };
}
