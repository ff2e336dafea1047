import { stat } from "node:fs/promises";
import type { BuildRequest, ResolvedImageSpec, WheelDistribution } from "@imagespec/core";
import type { ContentStore } from "@imagespec/image-store";
import {
  caText,
  createDownloader,
  type Downloader,
  downloadWheel,
  findWheel,
  type IndexAccess,
  indexAccess,
  type UvSettings,
} from "@imagespec/resolver";
import { createLimiter, type Limiter } from "../concurrency/limiter.ts";
import type { LocalWheel } from "../wheel/wheel-layer.ts";
import type { StepReporter } from "./step-reporter.ts";

const maxDownloads = 8;

/** Brings wheels into the content store, a few at a time. Nothing is opened before the first wheel is asked for. */
export class WheelSource implements AsyncDisposable {
  readonly #spec: ResolvedImageSpec;
  readonly #request: Pick<BuildRequest, "secret">;
  readonly #content: ContentStore;
  readonly #settings: UvSettings;
  readonly #steps: StepReporter;
  readonly #limit: Limiter = createLimiter(maxDownloads);
  #connection: Promise<{ readonly downloader: Downloader; readonly index: IndexAccess }> | undefined;
  #downloaded = 0;

  constructor(
    spec: ResolvedImageSpec,
    request: Pick<BuildRequest, "secret">,
    options: { readonly content: ContentStore; readonly settings: UvSettings; readonly steps: StepReporter },
  ) {
    this.#spec = spec;
    this.#request = request;
    this.#content = options.content;
    this.#settings = options.settings;
    this.#steps = options.steps;
  }

  /** Bytes downloaded so far. */
  get bytesDownloaded(): number {
    return this.#downloaded;
  }

  /** The wheel as a verified file. @throws WHEEL_HASH_MISMATCH, INDEX_DOWN, INDEX_AUTH, INDEX_PROTOCOL */
  async fetch({ name, wheel }: WheelDistribution, signal: AbortSignal): Promise<LocalWheel> {
    const { filename } = wheel;
    const kept = await findWheel(wheel, this.#content);
    if (kept !== undefined) return { name, filename, file: kept };
    return this.#limit(async () => {
      this.#connection ??= this.#connect();
      const { downloader, index } = await this.#connection;
      const { path, downloaded } = await downloadWheel(wheel, {
        content: this.#content,
        downloader,
        loginFor: (url) => index.loginFor(url),
        signal,
        onProgress: this.#steps.transfer("layers", "pull", filename, wheel.size),
      });
      this.#downloaded += downloaded;
      return { name, filename, file: path };
    });
  }

  /** Bytes of a wheel; an index that does not state them makes it be downloaded. */
  async size(distribution: WheelDistribution, signal: AbortSignal): Promise<number> {
    return distribution.wheel.size ?? (await stat((await this.fetch(distribution, signal)).file)).size;
  }

  async #connect(): Promise<{ readonly downloader: Downloader; readonly index: IndexAccess }> {
    const index = await indexAccess(this.#spec, this.#settings, (id) => this.#request.secret(id));
    const ca = await caText(this.#settings.caFile);
    return { index, downloader: createDownloader({ ca, onRetry: (info) => this.#steps.retry(info) }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever asked for a wheel has seen why the connection failed.
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.downloader.close();
  }
}
