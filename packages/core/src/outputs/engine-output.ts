import { ImageSpecError } from "@imagespec/errors";
import { dockerArchiveStream, type LocalImageStore } from "@imagespec/image-store";
import { type Digest, parseImageManifest, type StoredManifest } from "@imagespec/oci";
import type { BuildOutput } from "../builder/output.ts";
import type { EngineAddress } from "./detect.ts";
import { askEngine, type EngineAnswer } from "./engine-connection.ts";
import { LocalStoreOutput } from "./layout-output.ts";

type Signalled = { readonly signal: AbortSignal };

/** The Docker Engine: the image is made in the local store and loaded from there. */
export class EngineOutput extends LocalStoreOutput {
  readonly #address: EngineAddress;

  constructor(store: LocalImageStore, name: string, address: EngineAddress) {
    super(store, name);
    this.#address = address;
  }

  override describe(tag: string): BuildOutput {
    return { kind: "engine", host: this.#address.host, name: this.nameOf(tag) };
  }

  override async prepare({ signal }: Signalled): Promise<void> {
    const answer = await askEngine(this.#address, { method: "GET", path: "/_ping", signal });
    if (answer.status !== 200) throw unexpected(this.#address, "whether it is up", answer);
  }

  override async deliver(image: StoredManifest, tag: string, { signal }: Signalled): Promise<void> {
    const name = this.nameOf(tag);
    const { digest } = image.descriptor;
    // The classic store calls an image by the digest of its config, the containerd store by that of its manifest.
    const ids: readonly Digest[] = [parseImageManifest(image.bytes).config.digest, digest];
    const isThere = async (): Promise<boolean> => {
      const id = await this.#imageId(name, signal);
      return ids.some((known) => known === id);
    };
    if (await isThere()) return;
    const answer = await askEngine(this.#address, {
      method: "POST",
      path: "/images/load?quiet=1",
      contentType: "application/x-tar",
      body: dockerArchiveStream(this.store, { digest }, { names: [name], signal }),
      signal,
    });
    const failure = answer.status === 200 ? reportedError(answer.body) : undefined;
    if (answer.status !== 200 || failure !== undefined) {
      throw unexpected(
        this.#address,
        `to load "${name}"`,
        failure === undefined ? answer : { ...answer, body: failure },
      );
    }
    if (!(await isThere()) && (await this.#imageId(name, signal)) === undefined) {
      throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine took "${name}" and does not have it`, {
        hint: "look at the engine's log; an engine other than Docker may not read this archive",
        details: { host: this.#address.host, answer: answer.body.slice(0, 500) },
      });
    }
  }

  async #imageId(name: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await askEngine(this.#address, { method: "GET", path: `/images/${encodeURI(name)}/json`, signal });
    if (answer.status === 404) return undefined;
    const id = answer.status === 200 ? readField(answer.body, "Id") : undefined;
    if (id === undefined) throw unexpected(this.#address, `about "${name}"`, answer);
    return id;
  }
}

function unexpected({ host }: EngineAddress, asked: string, { status, body }: EngineAnswer): ImageSpecError {
  const said = (readField(body, "message") ?? body).trim().slice(0, 500);
  return new ImageSpecError(
    "ENGINE_UNSUPPORTED",
    `the engine at "${host}", asked ${asked}, answered ${status}: ${said}`,
    {
      hint: "update the engine, or write an image with output docker-archive and load it yourself",
      details: { host, status },
    },
  );
}

/** The error that stands in a stream of JSON lines whose status was 200 all the same. */
function reportedError(body: string): string | undefined {
  for (const line of body.split("\n")) {
    const error = readField(line, "error");
    if (error !== undefined) return error;
  }
  return undefined;
}

function readField(text: string, field: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Engines also answer with plain text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[field];
  return typeof found === "string" ? found : undefined;
}
