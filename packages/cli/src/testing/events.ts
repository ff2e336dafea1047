import type { BuildEvent, BuilderEvent, ImageResult } from "@imagespec/core";

type Common = "t" | "build" | "builder" | "platform";

/** Events of one build, with what they share filled in; `t` counts up by 100 ms. */
export class EventMaker {
  #t = 0;
  readonly #build: string;

  constructor(build: string) {
    this.#build = build;
  }

  started(): BuildEvent {
    return { ...this.#next(""), type: "started", target: this.#build, fingerprint: "00" };
  }

  engine(event: BuilderEvent): BuildEvent {
    return { ...event, ...this.#next("") };
  }

  builder(event: BuilderEvent, platform?: string): BuildEvent {
    return { ...event, ...this.#next("assemble"), ...(platform === undefined ? {} : { platform }) };
  }

  done(result: ImageResult): BuildEvent {
    return { ...this.#next("assemble"), type: "done", result };
  }

  #next(builder: string): Pick<BuildEvent, Common> {
    this.#t += 100;
    return { t: this.#t, build: this.#build, builder };
  }
}

/** The result of a build that made six layers. */
export function imageResult(changes: Partial<ImageResult> = {}): ImageResult {
  return {
    reference: "acme/train:u1-7k3fq2m4xh2c6pd5",
    name: "acme/train",
    tag: "u1-7k3fq2m4xh2c6pd5",
    digest: `sha256:${"4be1".repeat(16)}`,
    platforms: ["linux/amd64"],
    fingerprint: "00",
    action: "built",
    builder: "assemble",
    timings: { total: 1_800 },
    bytes: { downloaded: 0, uploaded: 0 },
    layers: { built: 5, reused: 1, total: 6, size: 118_000_000 },
    warnings: [],
    ...changes,
  };
}
