import { createHash, randomUUID } from "node:crypto";
import { mkdir, readlink, rm } from "node:fs/promises";
import path from "node:path";
import type { BuildContext } from "@imagespec/assembler/parts";
import { systemCodeOf } from "@imagespec/errors";
import { type KeyIndex, openKeyIndex } from "@imagespec/image-store";
import { readClosure } from "../closure/read-closure.ts";
import { readStorePaths, type StorePath } from "../closure/store-path.ts";
import type { Root } from "../evaluation/evaluation.ts";
import type { NixBuilderOptions } from "../options/nix-builder-options.ts";
import type { NixProcess } from "../process/nix-process.ts";
import { assertAffordable } from "../realisation/assert-affordable.ts";
import { dryRun } from "../realisation/dry-run.ts";
import { realise } from "../realisation/realise.ts";

const defaultMaxBuilds = 10;

export interface ClosuresOptions {
  readonly nix: NixProcess;
  readonly options: NixBuilderOptions;
  /** For messages. */
  readonly pin: string;
  /** Of the image, when it is not this machine's. */
  readonly foreignSystem: string | undefined;
}

/**
 * Brings roots into the store, and knows their closures. What derivations make is fixed by them, so a closure that was read
 * once is known without asking Nix again; only who wants to read its files has to have them made.
 */
export class Closures implements AsyncDisposable {
  readonly #context: BuildContext;
  readonly #options: ClosuresOptions;
  readonly #index: KeyIndex<readonly StorePath[]>;
  readonly #links: string[] = [];
  #downloaded = 0;

  private constructor(context: BuildContext, options: ClosuresOptions, index: KeyIndex<readonly StorePath[]>) {
    this.#context = context;
    this.#options = options;
    this.#index = index;
  }

  static async open(context: BuildContext, options: ClosuresOptions): Promise<Closures> {
    const index = await openKeyIndex(path.join(context.folder, "closures"), { parse: readStorePaths });
    return new Closures(context, options, index);
  }

  /** Bytes that Nix downloaded. */
  get downloaded(): number {
    return this.#downloaded;
  }

  /** The closure of roots, when it was read at an earlier time. */
  known(roots: readonly Root[]): Promise<readonly StorePath[] | undefined> {
    return this.#index.get(this.#key(roots));
  }

  /** Makes what roots name, and reads their closure. `extra` is made with them, and is no part of it. */
  async realise(roots: readonly Root[], extra: readonly Root[] = []): Promise<readonly StorePath[]> {
    const { steps, scope, request, folder } = this.#context;
    const { nix, options, pin, foreignSystem } = this.#options;
    const derivations = [...new Set([...roots, ...extra].map(({ drv, output }) => `${drv}!${output}`))].sort();
    return steps.run("realise", undefined, async (notes) => {
      const { signal } = scope;
      const plan = await dryRun(nix, derivations, signal);
      assertAffordable(plan, {
        pin,
        maxBuilds: options.maxBuilds ?? defaultMaxBuilds,
        foreignSystem: options.builders === undefined ? foreignSystem : undefined,
      });
      const links = path.join(folder, "roots");
      await mkdir(links, { recursive: true });
      const root = path.join(links, randomUUID());
      this.#links.push(root);
      const { downloaded } = await realise(nix, derivations, { signal, emit: request.emit, step: "realise", root });
      this.#downloaded += downloaded;
      const closure = await readClosure(nix, [...new Set(roots.map(({ path: storePath }) => storePath))], signal);
      await this.#index.set(this.#key(roots), closure);
      notes.detail = `${plan.builds.length} built, ${plan.fetches.length} fetched · ${closure.length} paths`;
      notes.cached = plan.builds.length === 0 && plan.fetches.length === 0;
      return closure;
    });
  }

  #key(roots: readonly Root[]): string {
    const { options } = this.#options;
    const names = [...new Set(roots.map(({ drv, output }) => `${drv}!${output}`))].sort();
    return createHash("sha256")
      .update(JSON.stringify(["closure-1", options.store ?? "", ...names]))
      .digest("hex");
  }

  /** Lets Nix collect what was made as garbage again. */
  async [Symbol.asyncDispose](): Promise<void> {
    // One link for each output: the first has the name that was given, the others a number behind it.
    for (const link of this.#links) await removeLinks(link);
  }
}

async function removeLinks(link: string): Promise<void> {
  await rm(link, { force: true });
  for (let number = 2; ; number++) {
    const name = `${link}-${number}`;
    if (!(await isLink(name))) return;
    await rm(name, { force: true });
  }
}

async function isLink(file: string): Promise<boolean> {
  try {
    await readlink(file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}
