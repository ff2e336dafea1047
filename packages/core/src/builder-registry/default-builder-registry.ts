import { contractVersion, type ImageSpecBuilder } from "../builder/builder.ts";
import { BuilderRegistry, type RegisterOptions } from "./builder-registry.ts";

// The key carries the contract's major: copies of this package that speak the same contract share one registry, others have their own.
const key = Symbol.for(`dev.imagespec.builder-registry.v${contractVersion}`);

/** The registry of the process, shared by every installed copy of this package. */
export function defaultBuilderRegistry(): BuilderRegistry {
  const holder = globalThis as { [key]?: BuilderRegistry };
  holder[key] ??= new BuilderRegistry();
  return holder[key];
}

/**
 * Adds a builder to {@link defaultBuilderRegistry}: what the `./register` module of a plugin calls.
 *
 * @throws BUILDER_CONTRACT, BUILDER_CONFLICT
 */
export function registerBuilder(builder: ImageSpecBuilder, options: RegisterOptions = {}): void {
  defaultBuilderRegistry().register(builder, options);
}
