import type { BuildEvent } from "@imagespec/core";

/** Keeps events for a test to look at. */
export interface EventRecorder<Event extends { readonly type: string } = BuildEvent> {
  /** In the order they came. */
  readonly events: readonly Event[];
  /** Takes an event: for `onEvent` of the engine, or `emit` of a build request. Needs no `this`. */
  readonly record: (event: Event) => void;
  /** The events of one type. */
  ofType<Type extends Event["type"]>(type: Type): readonly Extract<Event, { readonly type: Type }>[];
  /** The first event of a type, now or later. */
  next<Type extends Event["type"]>(type: Type): Promise<Extract<Event, { readonly type: Type }>>;
  /** Forgets the events so far. */
  clear(): void;
}

/** Creates a recorder; `createEventRecorder<BuilderEvent>()` for what a builder emits. */
export function createEventRecorder<Event extends { readonly type: string } = BuildEvent>(): EventRecorder<Event> {
  const events: Event[] = [];
  const waiting = new Set<(event: Event) => void>();

  function isOfType<Type extends Event["type"]>(
    event: Event,
    type: Type,
  ): event is Extract<Event, { readonly type: Type }> {
    return event.type === type;
  }

  return {
    events,
    record(event) {
      events.push(event);
      for (const take of [...waiting]) take(event);
    },
    ofType: (type) => events.filter((event) => isOfType(event, type)),
    next: (type) =>
      new Promise((resolve) => {
        const take = (event: Event): void => {
          if (!isOfType(event, type)) return;
          waiting.delete(take);
          resolve(event);
        };
        waiting.add(take);
        const past = events.find((event) => event.type === type);
        if (past !== undefined) take(past);
      }),
    clear() {
      events.length = 0;
    },
  };
}
