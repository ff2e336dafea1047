/** One kind of thing in the cache folder, beside the content-addressed files. */
export interface CacheArea {
  readonly name: string;
  /** For people: what it is. */
  readonly about: string;
  /** Relative to the cache folder, with forward slashes. */
  readonly folders: readonly string[];
  /**
   * Paths of its items below a folder. What has another name is somebody else's and never touched: a wrong `--cache-dir` must not
   * cost a user's files.
   */
  readonly items: RegExp;
  /** Items are removed at this age at the earliest, whatever is asked for: running builds need them. Milliseconds. */
  readonly leastAgeMs: number;
  /** Whether the time of an item itself says when it was used; otherwise the newest file in it. */
  readonly isTouched: boolean;
}

const dayMs = 24 * 3_600_000;
const hex = "[0-9a-f]";

/** Removed by whether the image is there, not by age. */
export const recordsArea: CacheArea = {
  name: "records",
  about: "what images of the local store were made of",
  folders: ["records"],
  items: new RegExp(`^(?:${hex}{64}|${hex}{128})\\.json$`),
  leastAgeMs: 0,
  isTouched: false,
};

/** Images that ran without a container engine: the cheapest to make again for what they take. */
export const unpackedArea: CacheArea = {
  name: "unpacked",
  about: "images that were run without a container engine",
  folders: ["run/images", "run/own-images", "run/packages", "run/stages"],
  items: /^[^/]+$/,
  leastAgeMs: 3_600_000,
  isTouched: true,
};

/** Everything in the cache folder but content, by what it is. */
export const cacheAreas: readonly CacheArea[] = [
  recordsArea,
  unpackedArea,
  {
    name: "facts",
    about: "what builders know of layers, bases, packages and Debian archives",
    folders: ["assemble"],
    items: new RegExp(`^[a-z-]+/${hex}{2}/${hex}{64}\\.json$`),
    leastAgeMs: 0,
    isTouched: false,
  },
  {
    name: "tools",
    about: "uv, and interpreters as it wants to see them",
    folders: ["tools", "interpreters"],
    items: new RegExp(`^(?:uv-[^/]+|${hex}{16})$`),
    leastAgeMs: 3_600_000,
    isTouched: false,
  },
  {
    name: "logs",
    about: "logs of the last builds",
    folders: ["logs"],
    items: /^[^/]+\.jsonl$/,
    leastAgeMs: 3_600_000,
    isTouched: true,
  },
  {
    name: "locks",
    about: "which images are in the making",
    folders: ["locks"],
    items: /^[^/]+\.lock(?:\.[^/]+)?$/,
    leastAgeMs: dayMs,
    isTouched: true,
  },
  {
    name: "leftovers",
    about: "what processes that were killed left behind",
    folders: ["partial", "resolve"],
    items: /^(?:run-[^/]+|\d+-[0-9a-f]{16}[^/]*)$/,
    leastAgeMs: dayMs,
    isTouched: false,
  },
];
