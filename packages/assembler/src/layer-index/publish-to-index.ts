import { isImageSpecError, messageOf } from "@imagespec/errors";
import type { KeyIndex } from "@imagespec/image-store";
import type { BlobContent } from "@imagespec/oci";
import type { KeyedLayer } from "./index-record.ts";
import { environmentKey, type LayerIndex } from "./layer-index.ts";

/** For how long a record that was added is taken to be there still, in milliseconds. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000;

/** What the index should know of a build. */
export interface IndexContribution {
  readonly layers: readonly {
    readonly layer: KeyedLayer;
    readonly content: BlobContent;
    /** The files that it brings, by distribution. */
    readonly files: () => Promise<unknown>;
  }[];
  readonly base: { readonly key: string; readonly facts: unknown } | undefined;
}

/**
 * Adds the layers of an environment, the environment and the facts of the base to the index. What is there already is not
 * written again. That the index cannot be written to is a problem and no failure: the image is in place.
 *
 * @param options.added when this machine has added which record, in milliseconds since the epoch
 * @returns how many records were added
 */
export async function publishToIndex(
  { layers, base }: IndexContribution,
  options: {
    readonly index: LayerIndex;
    readonly added: KeyIndex<number>;
    /** Repositories of the same registry that have the layers. */
    readonly mountFrom: readonly string[];
    readonly onProblem: (message: string) => void;
  },
): Promise<number> {
  const { index, added, mountFrom, onProblem } = options;
  let count = 0;
  /** Adds what this machine has not added lately, unless it is there. */
  const ensure = async (name: string, isThere: () => Promise<boolean>, add: () => Promise<void>): Promise<void> => {
    const key = `${index.registry}/${index.repository} ${name}`;
    const age = Date.now() - ((await added.get(key)) ?? 0);
    if (age >= 0 && age < maxAgeMs) return;
    if (!(await isThere())) {
      await add();
      count++;
    }
    await added.set(key, Date.now());
  };
  const addLayer = async ({ layer, content, files }: IndexContribution["layers"][number]): Promise<void> =>
    index.add("layer", layer.key, { layers: [{ layer, content }], document: await files(), mountFrom });
  const environment = environmentKey(layers.map(({ layer }) => layer.key));
  try {
    if (base !== undefined) {
      const isThere = async (): Promise<boolean> => (await index.document("base", base.key)) !== undefined;
      await ensure(`base ${base.key}`, isThere, () => index.add("base", base.key, { document: base.facts }));
    }
    if (layers.length === 0) return count;
    await ensure(
      `environment ${environment}`,
      () => index.environment(layers.map(({ layer }) => layer.key)),
      async () => {
        await Promise.all(
          layers.map((each) =>
            ensure(
              `layer ${each.layer.key}`,
              async () => (await index.layer(each.layer.key)) !== undefined,
              () => addLayer(each),
            ),
          ),
        );
        await index.add("environment", environment, { layers, mountFrom });
      },
    );
  } catch (error) {
    if (!isImageSpecError(error) || error.code === "ABORTED") throw error;
    onProblem(messageOf(error));
  }
  return count;
}
