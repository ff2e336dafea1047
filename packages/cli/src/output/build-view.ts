import type { BuildEvent, StepEvent, TransferEvent } from "@imagespec/core";

export interface StepView {
  readonly id: string;
  readonly label: string;
  /** The name of the base that the step is about. */
  readonly base: string | undefined;
  readonly platform: string | undefined;
  readonly isEngine: boolean;
  readonly state: StepEvent["state"];
  readonly detail: string | undefined;
  readonly ms: number | undefined;
  /** `t` of its first event. */
  readonly since: number;
  readonly transfer: TransferView | undefined;
}

export interface TransferView {
  readonly unit: "byte" | "item";
  readonly current: number;
  readonly total: number | undefined;
  /** Per second, over the last moments. */
  readonly rate: number | undefined;
}

/** How often the rate of a transfer is taken anew. */
const rateWindowMs = 1_000;

class TransferTotal {
  readonly #items = new Map<string, { readonly current: number; readonly total: number | undefined }>();
  #mark: { readonly t: number; readonly current: number } | undefined;
  #rate: number | undefined;

  add({ item, current, total, unit, t }: TransferEvent): TransferView {
    this.#items.set(item, { current, total });
    const items = [...this.#items.values()];
    const sum = items.reduce((done, { current: part }) => done + part, 0);
    this.#mark ??= { t, current: sum };
    if (t - this.#mark.t >= rateWindowMs) {
      this.#rate = ((sum - this.#mark.current) / (t - this.#mark.t)) * 1000;
      this.#mark = { t, current: sum };
    }
    const isKnown = items.every((one) => one.total !== undefined);
    const all = items.reduce((done, { total: part }) => done + (part ?? 0), 0);
    return { unit, current: sum, total: isKnown ? all : undefined, rate: this.#rate };
  }
}

/** Everything that is known of one build from its events. */
export class BuildView {
  /** What the spec says about itself, for the first line. */
  readonly facts: readonly string[];
  #title: string;
  readonly #steps = new Map<string, StepView>();
  readonly #transfers = new Map<string, TransferTotal>();
  #builder = "";
  #isStarted = false;
  #notice: string | undefined;

  constructor(title: string, facts: readonly string[]) {
    this.#title = title;
    this.facts = facts;
  }

  get title(): string {
    return this.#title;
  }

  get builder(): string {
    return this.#builder;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** The last thing that is being waited for. */
  get notice(): string | undefined {
    return this.#notice;
  }

  get steps(): readonly StepView[] {
    return [...this.#steps.values()];
  }

  /** The step that the event changed, if it changed one. */
  apply(event: BuildEvent): StepView | undefined {
    if (event.builder !== "" && event.type !== "done") this.#builder = event.builder;
    switch (event.type) {
      case "started":
        this.#title = event.build;
        this.#isStarted = true;
        return undefined;
      case "step":
        return this.#step(event);
      case "transfer":
        return this.#transfer(event);
      case "retry":
        this.#notice = `${event.what}: attempt ${event.attempt} failed, ${event.reason}`;
        return undefined;
      default:
        return undefined;
    }
  }

  #step(event: StepEvent): StepView {
    this.#notice = undefined;
    const key = keyOf(event, event.id);
    const before = this.#steps.get(key);
    const { base, label } = partsOf(event.name);
    const isEngine = event.builder === "";
    if (isEngine && event.id === "choose" && event.detail !== undefined) this.#builder = event.detail;
    const step: StepView = {
      id: event.id,
      label,
      base,
      platform: event.platform,
      isEngine,
      state: event.state,
      detail: event.error ?? event.detail ?? (event.state === "running" ? before?.detail : undefined),
      ms: event.ms,
      since: before?.since ?? event.t,
      transfer: event.state === "running" ? before?.transfer : undefined,
    };
    this.#steps.set(key, step);
    return step;
  }

  #transfer(event: TransferEvent): StepView | undefined {
    const id = event.step ?? event.kind;
    const key = keyOf(event, id);
    const total = this.#transfers.get(key) ?? new TransferTotal();
    this.#transfers.set(key, total);
    const transfer = total.add(event);
    const before = this.#steps.get(key);
    if (before !== undefined && before.state !== "running" && before.state !== "queued") return undefined;
    const step: StepView = before
      ? { ...before, state: "running", transfer }
      : {
          id,
          ...partsOf(id.replace("/", " ")),
          platform: event.platform,
          isEngine: event.builder === "",
          state: "running",
          detail: undefined,
          ms: undefined,
          since: event.t,
          transfer,
        };
    this.#steps.set(key, step);
    return step;
  }
}

function keyOf({ builder, platform }: BuildEvent, id: string): string {
  return [builder, platform ?? "", id].join("\0");
}

/** The steps of a base are called `base <name> <step>`. */
function partsOf(name: string): { readonly base: string | undefined; readonly label: string } {
  const [, base, label] = /^base (\S+) (.+)$/.exec(name) ?? [];
  return { base, label: label ?? name };
}
