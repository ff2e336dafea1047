import { ImageSpecError } from "@imagespec/errors";
import { assertBuilder } from "../builder/assert-builder.ts";
import type { ImageSpecBuilder } from "../builder/builder.ts";

export interface RegisterOptions {
  /** @default the builder's own */
  readonly priority?: number | undefined;
  /** Package and version, `@acme/builder-slurm@1.2.0`: registering the same again is fine, and conflicts name it. */
  readonly origin?: string | undefined;
}

export interface RegisteredBuilder {
  readonly name: string;
  readonly builder: ImageSpecBuilder;
  readonly priority: number;
  readonly origin: string | undefined;
}

/** The builders that an engine may choose from, in a total order: higher priority first, then by name. */
export class BuilderRegistry {
  readonly #builders = new Map<string, RegisteredBuilder>();

  /**
   * Adds a builder. The same builder, or one of the same origin, once more changes nothing: the first stays.
   *
   * @throws BUILDER_CONTRACT when it is no builder of this contract; BUILDER_CONFLICT when another one has its name
   */
  register(builder: ImageSpecBuilder, options: RegisterOptions = {}): void {
    assertBuilder(builder, options.origin);
    const priority = options.priority ?? builder.priority;
    if (!Number.isFinite(priority)) {
      throw new ImageSpecError("BUILDER_CONTRACT", `"${priority}" is no priority for builder "${builder.name}"`, {
        hint: "give a finite number, such as 50",
      });
    }
    const present = this.#builders.get(builder.name);
    if (present === undefined) {
      this.#builders.set(builder.name, { name: builder.name, builder, priority, origin: options.origin });
      return;
    }
    const sameOrigin = options.origin !== undefined && options.origin === present.origin;
    if (present.builder !== builder && !sameOrigin) throw conflict(present, options.origin);
  }

  /** Whether a builder of that name was there. */
  unregister(name: string): boolean {
    return this.#builders.delete(name);
  }

  get(name: string): RegisteredBuilder | undefined {
    return this.#builders.get(name);
  }

  list(): readonly RegisteredBuilder[] {
    return [...this.#builders.values()].sort(compareBuilders);
  }
}

/** Higher priority first; ties by name, in code unit order, so that no order of installation or import shows. */
export function compareBuilders(a: RegisteredBuilder, b: RegisteredBuilder): number {
  return b.priority - a.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function conflict(present: RegisteredBuilder, origin: string | undefined): ImageSpecError {
  const named = (text: string | undefined) => (text === undefined ? "an unnamed origin" : `"${text}"`);
  return new ImageSpecError(
    "BUILDER_CONFLICT",
    `two builders are called "${present.name}": one of ${named(present.origin)}, one of ${named(origin)}`,
    {
      hint: "remove one of the two, or unregister the first before registering the second",
      details: { builder: present.name, origins: [present.origin ?? null, origin ?? null] },
    },
  );
}
