/** One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68 = /[0-9A-Za-z._~+/-]+=*(?=\s*(?:,|$))/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const separator = /[\s,]*/y;
const assignment = /\s*=\s*/y;
const blank = /\s+/y;

/** The challenges of a header, which may hold several; what does not follow the grammar ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const scan = new Scanner(header);
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (;;) {
    scan.take(separator);
    const name = scan.take(token);
    if (name === undefined) return challenges;
    const value =
      scan.take(assignment) === undefined ? undefined : (scan.takeQuoted() ?? scan.take(token68) ?? scan.take(token));
    const current = challenges.at(-1);
    if (value !== undefined && current !== undefined) {
      current.parameters[name.toLowerCase()] ??= value;
      continue;
    }
    if (value !== undefined) return challenges;
    challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    // `Negotiate abc==` carries one opaque value instead of parameters.
    if (scan.take(blank) !== undefined) scan.take(token68);
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  takeQuoted(): string | undefined {
    return this.#match(quoted)?.[1]?.replace(/\\(.)/g, "$1");
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}
