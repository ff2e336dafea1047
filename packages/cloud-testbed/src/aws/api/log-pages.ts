import { randomUUID } from "node:crypto";

interface LogsInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamName?: string;
  readonly nextToken?: string;
}

export interface LogsOutput {
  readonly events: readonly unknown[];
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
}

/** The pages of GetLogEvents that AWS may give and the backing never does. */
export interface LogPages {
  /** The request as the backing has to see it: tokens that were made here are none of its own. */
  translate(input: LogsInput): LogsInput;
  /** Remembers what was read. */
  seen(input: LogsInput, output: LogsOutput): void;
  /** No events, and a token that goes on from the same place. */
  empty(input: LogsInput): LogsOutput;
  /** The page before this one, and a token that goes on as if it had not been. */
  repeated(input: LogsInput): LogsOutput;
}

export function createLogPages(): LogPages {
  const made = new Map<string, string | undefined>();
  const last = new Map<string, readonly unknown[]>();
  const streamOf = ({ logGroupName, logGroupIdentifier, logStreamName }: LogsInput) =>
    `${logGroupName ?? logGroupIdentifier} ${logStreamName}`;
  const continueFrom = ({ nextToken }: LogsInput) => {
    const token = `f/${randomUUID()}/s`;
    made.set(token, nextToken === undefined || !made.has(nextToken) ? nextToken : made.get(nextToken));
    return { nextForwardToken: token, nextBackwardToken: token.replace("f/", "b/") };
  };
  return {
    translate(input) {
      if (input.nextToken === undefined || !made.has(input.nextToken)) return input;
      const { nextToken: _, ...rest } = input;
      const original = made.get(input.nextToken);
      return original === undefined ? rest : { ...rest, nextToken: original };
    },
    seen: (input, { events }) => void (events.length > 0 && last.set(streamOf(input), events)),
    empty: (input) => ({ events: [], ...continueFrom(input) }),
    repeated: (input) => ({ events: last.get(streamOf(input)) ?? [], ...continueFrom(input) }),
  };
}
