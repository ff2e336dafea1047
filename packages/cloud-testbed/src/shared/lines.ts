import { StringDecoder } from "node:string_decoder";

/** Cuts output into lines; characters and lines may be split over any number of chunks. */
export interface LineSplitter {
  write(chunk: Uint8Array): void;
  /** Gives the last line if it has no line feed. */
  end(): void;
}

export function splitLines(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  return {
    write: (chunk) => take(decoder.write(Buffer.from(chunk))),
    end() {
      take(decoder.end());
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
