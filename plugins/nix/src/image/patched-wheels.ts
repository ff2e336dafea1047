import { copyFile, mkdtemp, open, rm } from "node:fs/promises";
import path from "node:path";
import type { BuildContext, WheelSource } from "@imagespec/assembler/parts";
import type { WheelDistribution } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { type KeyIndex, openKeyIndex } from "@imagespec/image-store";
import { parseWheelName } from "@imagespec/resolver";
import type { Root } from "../evaluation/evaluation.ts";
import { type AskedWheel, storeName } from "../evaluation/evaluation-input.ts";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";

/** Whether a wheel has code for one kind of machine, which has to find its loader and libraries. */
function isNative({ wheel }: WheelDistribution): boolean {
  return parseWheelName(wheel.filename).platformTags.some((tag) => tag !== "any");
}

/** What is asked of Nix for the wheels that have to be patched. */
export function askedWheels(distributions: readonly WheelDistribution[], minor: string): readonly AskedWheel[] {
  return distributions.filter(isNative).map(({ name, version, wheel: { filename, sha256 } }) => ({
    name,
    filename,
    sha256,
    storeName: storeName(`imagespec-${filename}`),
    outputName: storeName(`imagespec-python${minor}-${name}-${version}.whl`),
  }));
}

interface PatchedWheel {
  readonly sha256: string;
  readonly size: number;
}

/** Wheels that Nix has patched, in the content store. */
export class PatchedWheels {
  readonly #context: BuildContext;
  readonly #nix: NixProcess;
  readonly #index: KeyIndex<PatchedWheel>;

  private constructor(context: BuildContext, nix: NixProcess, index: KeyIndex<PatchedWheel>) {
    this.#context = context;
    this.#nix = nix;
    this.#index = index;
  }

  static async open(context: BuildContext, nix: NixProcess): Promise<PatchedWheels> {
    const index = await openKeyIndex(path.join(context.folder, "patched"), { parse: parsePatched });
    return new PatchedWheels(context, nix, index);
  }

  /** The roots whose wheels have to be made, or made again. */
  async missing(roots: readonly Root[]): Promise<readonly Root[]> {
    const known = await Promise.all(roots.map((root) => this.#known(root)));
    return roots.filter((_, index) => known[index] === undefined);
  }

  async #known({ drv }: Root): Promise<PatchedWheel | undefined> {
    const found = await this.#index.get(drv);
    return found !== undefined && (await this.#context.content.has(`sha256:${found.sha256}`)) ? found : undefined;
  }

  /** Puts wheels into the Nix store under their hashes, so that it need not download them: logins are none of its business. */
  async supply(
    distributions: readonly WheelDistribution[],
    asked: readonly AskedWheel[],
    wheels: WheelSource,
  ): Promise<void> {
    const { scope, folder } = this.#context;
    const temporary = await mkdtemp(path.join(folder, "wheels-"));
    try {
      const files = await Promise.all(
        asked.map(async ({ sha256, storeName: name }) => {
          const distribution = distributions.find(({ wheel }) => wheel.sha256 === sha256);
          if (distribution === undefined) throw new ImageSpecError("INTERNAL", `no wheel has the hash "${sha256}"`);
          const { file } = await wheels.fetch(distribution, scope.signal);
          const copy = path.join(temporary, name);
          await copyFile(file, copy);
          return copy;
        }),
      );
      if (files.length === 0) return;
      const { code, lines } = await this.#nix.run("nix-store", ["--add-fixed", "sha256", ...files], {
        signal: scope.signal,
      });
      if (code === 0) return;
      throw new ImageSpecError("BUILD_FAILED", "wheels cannot be put into the Nix store", {
        hint: "check that this user may write to it",
        logTail: lines.map(plainText),
        details: { provider: "nix" },
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Takes what was made into the content store. */
  async collect(roots: readonly Root[]): Promise<void> {
    const { content, scope } = this.#context;
    for (const { drv, path: storePath } of roots) {
      const file = await open(this.#nix.onDisk(storePath));
      try {
        const { digest, size } = await content.write(file.createReadStream({ autoClose: false }), {
          signal: scope.signal,
        });
        await this.#index.set(drv, { sha256: digest.slice("sha256:".length), size });
      } finally {
        await file.close();
      }
    }
  }

  /** The distributions with their patched wheels in the place of the others. */
  async replace(
    distributions: readonly WheelDistribution[],
    asked: readonly AskedWheel[],
    roots: readonly Root[],
  ): Promise<readonly WheelDistribution[]> {
    const patched = new Map<string, PatchedWheel>();
    for (const root of roots) {
      const found = await this.#known(root);
      const sha256 = asked.find(({ name }) => name === root.name)?.sha256;
      if (found !== undefined && sha256 !== undefined) patched.set(sha256, found);
    }
    return distributions.map((distribution) => {
      const { wheel } = distribution;
      const own = patched.get(wheel.sha256);
      // The size stays that of the index, which decides about layers.
      return own === undefined ? distribution : { ...distribution, wheel: { ...wheel, sha256: own.sha256 } };
    });
  }
}

function parsePatched(value: unknown): PatchedWheel | undefined {
  if (typeof value !== "object" || value === null || !("sha256" in value) || !("size" in value)) return undefined;
  const { sha256, size } = value;
  return typeof sha256 === "string" && typeof size === "number" ? { sha256, size } : undefined;
}
