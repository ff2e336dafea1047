import type { SpecProblem } from "@imagespec/errors";
import type { ImageSpecBuilder, SelectionContext } from "../builder/builder.ts";
import type { Availability, BuildVerdict, ExistingImage } from "../builder/verdict.ts";
import { availabilityOf, availabilityOfError, verdictOf, verdictOfError } from "../builder/verdict-of.ts";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { requiredCapabilities } from "./required-capabilities.ts";
import type { BuilderVerdict } from "./selection.ts";
import { systemPartOf } from "./split-spec.ts";

/** A piece of work and who does it: the whole spec, or one of its platforms. */
export interface Assignment {
  readonly builder: ImageSpecBuilder;
  readonly spec: ResolvedImageSpec;
  /** What the builder is given: the same, or of a split build the upper half. */
  readonly given: ResolvedImageSpec;
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
  /** The upper half of a spec whose lower half can be had, or why it cannot be split. Without it, specs are not split. */
  readonly split: ((unit: ResolvedImageSpec) => Promise<ResolvedImageSpec | SpecProblem>) | undefined;
  /** Whether an image that a builder says it has is there and is the spec's. Without it (forced builds), "skip" counts as "build". */
  readonly confirm: ((existing: ExistingImage, spec: ResolvedImageSpec) => Promise<boolean>) | undefined;
}

/** Gives each missing platform to the first builder that takes it; everything that was said is kept. */
export async function assignBuilders(request: SelectionRequest): Promise<Assignments> {
  const { builders, asksAll } = request;
  const assignments: Assignment[] = [];
  const verdicts: BuilderVerdict[] = [];
  let open = request.missing;
  for (const registered of builders) {
    if (open.length === 0 && !asksAll) break;
    const { builder, priority } = registered;
    const asked = open.length > 0 ? open : request.missing;
    for (const { units, given, verdict } of await consult(registered, asked, request)) {
      const platforms = units.flatMap(({ platforms: list }) => list);
      verdicts.push({ builder: builder.name, priority, verdict, platforms });
      const isRefusal = verdict.action === "decline" || verdict.action === "unavailable";
      const [unit] = units;
      if (isRefusal || open.length === 0 || unit === undefined) continue;
      const existing = verdict.action === "skip" ? verdict.existing : undefined;
      assignments.push({ builder, spec: unit, given: given ?? unit, existing });
    }
    const taken = new Set(assignments.flatMap((assignment) => assignment.spec.platforms));
    open = open.filter(({ platforms }) => !platforms.every((platform) => taken.has(platform)));
  }
  return { assignments, unassigned: open.flatMap(({ platforms }) => platforms), verdicts };
}

/** What a builder says to some pieces of work; a refusal of them all for the same reason is one answer. */
interface Answer {
  readonly units: readonly ResolvedImageSpec[];
  /** The upper half, when the builder takes that alone. */
  readonly given?: ResolvedImageSpec | undefined;
  readonly verdict: BuilderVerdict["verdict"];
}

async function consult(
  registered: RegisteredBuilder,
  asked: readonly ResolvedImageSpec[],
  request: SelectionRequest,
): Promise<readonly Answer[]> {
  const { builder } = registered;
  const { spec, split } = request;
  const isWhole = builder.capabilities.has("multi-platform") && asked.length === spec.platforms.length;
  const units = isWhole && asked.length > 1 ? [spec] : asked;
  const lacking = lackingCapabilities(registered, spec, request);
  const missing = lacking === undefined || split !== undefined ? await unavailable(builder, request) : undefined;
  const refusal = lacking ?? missing;
  // What is not available takes no half either.
  if (refusal !== undefined && (split === undefined || missing !== undefined)) {
    return [{ units: asked, verdict: refusal }];
  }
  return Promise.all(
    units.map(async (unit): Promise<Answer> => {
      const verdict = lacking ?? (await ask(builder, unit, request));
      if (verdict.action !== "decline" || split === undefined) return { units: [unit], verdict };
      return (await consultUpper(registered, unit, verdict, request, split)) ?? { units: [unit], verdict };
    }),
  );
}

/** What a builder that declined a spec says to the upper half of it; nothing when it would not take that either. */
async function consultUpper(
  registered: RegisteredBuilder,
  unit: ResolvedImageSpec,
  { problems }: Extract<BuildVerdict, { readonly action: "decline" }>,
  request: SelectionRequest,
  split: NonNullable<SelectionRequest["split"]>,
): Promise<Answer | undefined> {
  const isAboutSystem = problems.some(({ path }) => /^(aptPackages|commands)\b/.test(path));
  if (!isAboutSystem) return undefined;
  const upper = await split(unit);
  if ("code" in upper) return { units: [unit], verdict: { action: "decline", problems: [...problems, upper] } };
  const verdict = lackingCapabilities(registered, upper, request) ?? (await ask(registered.builder, upper, request));
  if (verdict.action === "decline") return undefined;
  if (verdict.action === "skip") return { units: [unit], verdict };
  const by = `on system packages by "${systemPartOf(upper)?.builder}"`;
  const detail = verdict.detail === undefined ? by : `${verdict.detail}, ${by}`;
  return { units: [unit], given: upper, verdict: { action: "build", detail } };
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
  spec: ResolvedImageSpec,
  { context, builders }: SelectionRequest,
): Extract<BuildVerdict, { readonly action: "decline" }> | undefined {
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
