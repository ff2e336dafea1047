import type { SpecProblem } from "@imagespec/errors";
import type { ImageSpecBuilder, SelectionContext } from "../builder/builder.ts";
import type { Availability, BuildVerdict, ExistingImage } from "../builder/verdict.ts";
import { availabilityOf, availabilityOfError, verdictOf, verdictOfError } from "../builder/verdict-of.ts";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { requiredCapabilities } from "./required-capabilities.ts";
import type { BuilderVerdict } from "./selection.ts";

/** A piece of work and who does it: the whole spec, or one of its platforms. */
export interface Assignment {
  readonly builder: ImageSpecBuilder;
  readonly spec: ResolvedImageSpec;
  /** What the builder's own store has; already verified. */
  readonly existing: ExistingImage | undefined;
}

export interface Assignments {
  readonly assignments: readonly Assignment[];
  /** Platforms that no builder takes. */
  readonly unassigned: readonly string[];
  readonly verdicts: readonly BuilderVerdict[];
}

export interface SelectionRequest {
  /** What has to be built: the spec, and those of its platforms that are missing, each as a spec of its own. */
  readonly spec: ResolvedImageSpec;
  readonly missing: readonly ResolvedImageSpec[];
  /** In the order in which they are asked. */
  readonly builders: readonly RegisteredBuilder[];
  readonly context: SelectionContext;
  /** Asks builders whose turn would not come, for explanations. */
  readonly asksAll: boolean;
  readonly availability: (builder: ImageSpecBuilder) => Promise<Availability>;
  /** Whether an image that a builder says it has is there and is the spec's. Without it (forced builds), "skip" counts as "build". */
  readonly confirm: ((existing: ExistingImage, spec: ResolvedImageSpec) => Promise<boolean>) | undefined;
}

/** Gives each missing platform to the first builder that takes it; everything that was said is kept. */
export async function assignBuilders(request: SelectionRequest): Promise<Assignments> {
  const { spec, builders, asksAll } = request;
  const assignments: Assignment[] = [];
  const verdicts: BuilderVerdict[] = [];
  let open = request.missing;
  for (const registered of builders) {
    if (open.length === 0 && !asksAll) break;
    const { builder, priority } = registered;
    const asked = open.length > 0 ? open : request.missing;
    const note = (verdict: BuilderVerdict["verdict"], specs: readonly ResolvedImageSpec[]): void => {
      const platforms = specs.flatMap(({ platforms: list }) => list);
      verdicts.push({ builder: builder.name, priority, verdict, platforms });
    };
    const refusal = lackingCapabilities(registered, request) ?? (await unavailable(builder, request));
    if (refusal !== undefined) {
      note(refusal, asked);
      continue;
    }
    const isWhole = builder.capabilities.has("multi-platform") && asked.length === spec.platforms.length;
    const units = isWhole && asked.length > 1 ? [spec] : asked;
    const answers = await Promise.all(units.map((unit) => ask(builder, unit, request)));
    for (const [index, unit] of units.entries()) {
      const verdict = answers[index];
      if (verdict === undefined) continue;
      note(verdict, [unit]);
      if (verdict.action === "decline" || open.length === 0) continue;
      assignments.push({ builder, spec: unit, existing: verdict.action === "skip" ? verdict.existing : undefined });
    }
    const taken = new Set(assignments.flatMap((assignment) => assignment.spec.platforms));
    open = open.filter(({ platforms }) => !platforms.every((platform) => taken.has(platform)));
  }
  return { assignments, unassigned: open.flatMap(({ platforms }) => platforms), verdicts };
}

async function ask(
  builder: ImageSpecBuilder,
  spec: ResolvedImageSpec,
  { context, confirm }: SelectionRequest,
): Promise<BuildVerdict> {
  let verdict: BuildVerdict;
  try {
    verdict = verdictOf(builder.name, await builder.shouldBuild(spec, context));
  } catch (error) {
    verdict = verdictOfError(builder.name, error);
  }
  if (verdict.action !== "skip") return verdict;
  if (confirm === undefined) return { action: "build", detail: "has the image, and is forced to build it again" };
  if (await confirm(verdict.existing, spec)) return verdict;
  const problem: SpecProblem = {
    code: "BUILDER_CONTRACT",
    path: "",
    message: `builder "${builder.name}" says that "${verdict.existing.reference}" exists, which cannot be confirmed`,
    hint: "build with force to have it built all the same",
  };
  return { action: "decline", problems: [problem] };
}

function lackingCapabilities(
  { builder }: RegisteredBuilder,
  { spec, context, builders }: SelectionRequest,
): BuildVerdict | undefined {
  const problems = requiredCapabilities(spec, context.output)
    .filter(({ capability }) => !builder.capabilities.has(capability))
    .map(({ capability, path, reason }): SpecProblem => {
      const able = builders
        .filter((other) => other.builder.capabilities.has(capability))
        .map(({ name }) => `"${name}"`);
      const hint =
        able.length === 0
          ? `install a builder with the capability "${capability}"`
          : `let ${able.join(" or ")} build it, which can`;
      const message = `builder "${builder.name}" lacks the capability "${capability}": the spec asks for ${reason}`;
      return { code: "BUILDER_DECLINED", path, message, hint };
    });
  return problems.length === 0 ? undefined : { action: "decline", problems };
}

async function unavailable(
  builder: ImageSpecBuilder,
  { availability }: SelectionRequest,
): Promise<BuilderVerdict["verdict"] | undefined> {
  const answer = await availability(builder);
  return answer.available ? undefined : { action: "unavailable", reason: answer.reason, hint: answer.hint };
}

/** Asks a builder whether it is available, at most every half minute: the answer costs, and a daemon may be started meanwhile. */
export function availabilityCache(
  context: () => SelectionContext,
  now: () => number = Date.now,
): (builder: ImageSpecBuilder) => Promise<Availability> {
  const lifetimeMs = 30_000;
  const cache = new WeakMap<ImageSpecBuilder, { readonly at: number; readonly answer: Promise<Availability> }>();
  return (builder) => {
    const known = cache.get(builder);
    if (known !== undefined && now() - known.at < lifetimeMs) return known.answer;
    const answer = askAvailability(builder, context());
    cache.set(builder, { at: now(), answer });
    return answer;
  };
}

async function askAvailability(builder: ImageSpecBuilder, context: SelectionContext): Promise<Availability> {
  if (builder.isAvailable === undefined) return { available: true };
  try {
    return availabilityOf(builder.name, await builder.isAvailable(context));
  } catch (error) {
    return availabilityOfError(builder.name, error);
  }
}
