import type { ImageSpecInput } from "@imagespec/core";
import { imageDifferences } from "../compare-images.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Environment } from "../session/environment.ts";
import { fullSpec } from "../session/full-spec.ts";
import type { Session } from "../session/session.ts";

const group = "reference";

export const referenceCases: readonly ConformanceCase[] = [
  compared(
    "full",
    "makes the image that the reference builder makes: configuration, distributions, source, user",
    fullSpec,
  ),
  compared("bare", "makes the image that the reference builder makes of a spec with nothing but a base", () => ({})),
  compared("workdir", "makes the image that the reference builder makes in another workdir, for another user", () => ({
    workdir: "/srv/my app",
    user: "0:0",
    sourceRoot: "src",
    entrypoint: [],
  })),
  {
    group,
    id: "same-tag",
    title: "makes an image that counts for the reference builder, and the other way round",
    async run(session) {
      const breaches = session.breaches();
      const input = { env: { CONF_SAME: session.newName() } };
      const first = await session.built(input);
      const again = await session.built(input, { name: first.name, isReference: true });
      breaches.check(again.result.action === "exists", "an engine with the reference builder builds it anew");
      breaches.check(
        again.result.digest === first.result.digest,
        "an engine with the reference builder finds another image",
      );
      breaches.end("write the labels of the request to the config as they are");
    },
  },
];

function compared(id: string, title: string, input: (environment: Environment) => ImageSpecInput): ConformanceCase {
  return {
    group,
    id,
    title,
    async run(session: Session) {
      const breaches = session.breaches();
      const spec = input(await session.environment());
      const own = id === "full" ? await session.image() : await session.stored(await session.built(spec));
      const other = await session.stored(await session.built(spec, { isReference: true }));
      const reference = session.createReference().name;
      const names = [session.builder.name, session.builder.name === reference ? `${reference} (reference)` : reference];
      breaches.add(
        ...imageDifferences({ name: names[0] ?? "", image: own }, { name: names[1] ?? "", image: other }).slice(0, 20),
      );
      breaches.end("make images as docs/reference/image-contract.md says");
    },
  };
}
