/** One thing that is wrong with an image. */
export interface ImageFinding {
  /** What was checked, for ever the same word: `blob-digest`, `layer-path`. */
  readonly rule: string;
  /** Where, as a path through the documents: `manifests[0].layers[2]`, followed by the path of a file where one is meant. */
  readonly at: string;
  readonly message: string;
}

/** Collects findings; an image is checked to its end, whatever is found on the way. */
export class Findings {
  readonly list: ImageFinding[] = [];

  add(rule: string, at: string, message: string): void {
    this.list.push({ rule, at, message });
  }

  /** Adds a finding where the condition does not hold, and gives the condition. */
  check(condition: boolean, rule: string, at: string, message: string): boolean {
    if (!condition) this.add(rule, at, message);
    return condition;
  }
}
