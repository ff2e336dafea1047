import type { Json } from "@imagespec/core";
import type { ImageSpecConfig } from "./config.ts";

type Schema = Readonly<Record<string, Json>>;

const text: Schema = { type: "string", minLength: 1 };
const texts: Schema = { type: "array", items: text };
const textOrTexts: Schema = { anyOf: [text, texts] };

/** What `validateConfig` accepts, setting by setting; a test compares the two. */
const settings: Readonly<Record<keyof ImageSpecConfig, Schema>> = {
  registry: { description: "Registry host, with an optional path prefix, for specs that name none.", ...text },
  builder: { description: "The builder for specs that name none. Default: the best one that can.", ...text },
  systemBuilder: {
    description: "Makes an image of base and system packages, when another builder can do the rest. Default: no split.",
    ...text,
  },
  builders: {
    description: "Priority and options by builder name.",
    type: "object",
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        priority: { description: "Higher goes first. Default: the builder's own.", type: "number" },
        options: { description: "What the builder's own documentation describes." },
      },
    },
  },
  platform: { description: "Platforms for specs that name none. Default: linux/amd64.", ...textOrTexts },
  existence: {
    description: "What to do when it cannot be told whether an image exists. Default: fail.",
    enum: ["build", "assume", "fail"],
  },
  mirrors: {
    description: "Registry → hosts to pull from first.",
    type: "object",
    additionalProperties: textOrTexts,
  },
  insecure: { description: "Registries spoken to by plain HTTP.", ...texts },
  ca: { description: "PEM files of certificates to trust in addition, relative to this file.", ...textOrTexts },
  concurrency: {
    description: "Builders at work at once. Default: the number of cores, at most 4.",
    type: "integer",
    minimum: 1,
  },
  cacheFolder: {
    description:
      "Cache and local image store, relative to this file. Default: IMAGESPEC_CACHE_DIR, else the user's cache folder.",
    ...text,
  },
};

/** The JSON Schema (2020-12) of `imagespec.config.json` and `.yaml`. */
export const configSchema: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:imagespec:config:1",
  title: "imagespec.config",
  type: "object",
  additionalProperties: false,
  properties: settings,
};
