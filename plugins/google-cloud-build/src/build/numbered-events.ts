import type { BuilderEvent } from "@imagespec/core";
import { cloudStep } from "./cloud-step.ts";

/** Steps of a second attempt are other steps: their ids have its number. */
export function numberedEvents(emit: (event: BuilderEvent) => void, attempt: number): (event: BuilderEvent) => void {
  const again = (id: string): string => `${id} (${attempt})`;
  return (event) => {
    if (event.type === "step") emit({ ...event, id: again(event.id) });
    else if (event.type === "log")
      // The step that holds them all counts by itself.
      emit({ ...event, step: event.step === cloudStep ? `${cloudStep} ${attempt}` : again(event.step) });
    else emit(event);
  };
}
