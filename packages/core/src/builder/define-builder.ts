import type { Json } from "../spec/json.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { assertBuilder } from "./assert-builder.ts";
import {
  type BuildOutcome,
  type BuildRequest,
  contractVersion,
  type ImageSpecBuilder,
  type Resolver,
  type SelectionContext,
} from "./builder.ts";
import type { Capability } from "./capabilities.ts";
import type { LockedBase, LockRequest } from "./locked-base.ts";
import { priorities } from "./priorities.ts";
import type { Availability, BuildVerdict } from "./verdict.ts";
import { availabilityOf, availabilityOfError, verdictOf, verdictOfError } from "./verdict-of.ts";

type Awaitable<T> = T | Promise<T>;

/** What {@link defineBuilder} makes an {@link ImageSpecBuilder} of: sync or async functions, a list of capabilities, defaults. */
export interface BuilderDefinition {
  /** Unique, stable, kebab-case. */
  readonly name: string;
  /** Higher first. @default 50 */
  readonly priority?: number;
  readonly capabilities: Iterable<Capability>;
  /** Whether the engine may append the source to what it builds. @default false */
  readonly appendableSource?: boolean;
  /** @default the version of the core that runs */
  readonly contractVersion?: number;
  /** @default always available */
  isAvailable?(context: SelectionContext): Awaitable<true | Availability>;
  /** `true`: it takes the spec. Else {@link decline}. @default takes every spec within its capabilities */
  shouldBuild?(spec: ResolvedImageSpec, context: SelectionContext): Awaitable<true | BuildVerdict>;
  /** @default all options change the image */
  contentOptions?(options: unknown): Json;
  build(spec: ResolvedImageSpec, request: BuildRequest): Promise<BuildOutcome>;
  /** @default it cannot lock */
  lockBase?(spec: ResolvedImageSpec, request: LockRequest): Promise<LockedBase>;
  /** @default it brings none */
  resolver?(spec: ResolvedImageSpec, options: { readonly cacheFolder: string }): Resolver;
}

/**
 * Makes the factory of a builder, as a plugin exports it.
 *
 * The factory throws `BUILDER_CONTRACT` when what it would make is no builder of this contract.
 */
export function defineBuilder<Options = undefined>(
  factory: (options: Options) => BuilderDefinition,
): undefined extends Options ? (options?: Options) => ImageSpecBuilder : (options: Options) => ImageSpecBuilder {
  const create = (options?: Options): ImageSpecBuilder => {
    // Where Options does not allow undefined, the returned type makes callers give a value.
    const builder = builderOf(factory(options as Options));
    assertBuilder(builder);
    return builder;
  };
  return create;
}

function builderOf(definition: BuilderDefinition): ImageSpecBuilder {
  const { name } = definition;
  const isAvailable = async (context: SelectionContext): Promise<Availability> => {
    try {
      return availabilityOf(name, definition.isAvailable === undefined ? true : await definition.isAvailable(context));
    } catch (error) {
      return availabilityOfError(name, error);
    }
  };
  const contentOptions = definition.contentOptions?.bind(definition);
  const lockBase = definition.lockBase?.bind(definition);
  const resolver = definition.resolver?.bind(definition);
  return Object.freeze({
    name,
    contractVersion: definition.contractVersion ?? contractVersion,
    priority: definition.priority ?? priorities.default,
    capabilities: new Set(definition.capabilities),
    ...(definition.appendableSource === undefined ? {} : { appendableSource: definition.appendableSource }),
    ...(definition.isAvailable === undefined ? {} : { isAvailable }),
    ...(contentOptions === undefined ? {} : { contentOptions }),
    ...(lockBase === undefined ? {} : { lockBase }),
    ...(resolver === undefined ? {} : { resolver }),
    async shouldBuild(spec: ResolvedImageSpec, context: SelectionContext): Promise<BuildVerdict> {
      try {
        return verdictOf(
          name,
          definition.shouldBuild === undefined ? true : await definition.shouldBuild(spec, context),
        );
      } catch (error) {
        return verdictOfError(name, error);
      }
    },
    async build(spec: ResolvedImageSpec, request: BuildRequest): Promise<BuildOutcome> {
      return definition.build(spec, request);
    },
  });
}
