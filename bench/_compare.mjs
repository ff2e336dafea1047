// Interleaved runs of us and the peer, medians, a table, and the JSON line.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The cases that `--cases a,b` names, or undefined for all of them. */
export function wantedCases() {
  const at = process.argv.indexOf("--cases");
  return at < 0 ? undefined : new Set((process.argv[at + 1] ?? "").split(","));
}

/**
 * Runs the chosen cases and prints a table and, as the last line, the result as JSON.
 *
 * @param name of the benchmark
 * @param cases `{ case, unit, runs?, ours, peer, limit? }`: `ours` and `peer` are async functions that return milliseconds (or
 *   bytes). With `limit` the difference ours - peer must not be more than it; else the ratio counts.
 */
export async function compare(name, cases) {
  const wanted = wantedCases();
  const results = [];
  for (const entry of cases) {
    if (wanted !== undefined && !wanted.has(entry.case)) continue;
    results.push(...(await collect(entry)));
  }
  report(name, results);
}

/**
 * Measures one case. Where `ours` and `peer` return `{ ms, bytes }`, each of these is a row of its own, and `atMost` has the limit
 * of its ratio. Without `ours` the peer is measured alone. `onRun` is told of each run.
 */
export async function collect(entry) {
  const measured = { ours: [], peer: [] };
  for (let run = 0; run < (entry.runs ?? 9); run++) {
    for (const side of ["ours", "peer"]) {
      if (entry[side] === undefined) continue;
      const value = await entry[side](run);
      measured[side].push(typeof value === "number" ? { [entry.unit]: value } : value);
      entry.onRun?.(`${entry.case} ${run + 1}: ${side} ${JSON.stringify(measured[side].at(-1))}`);
    }
  }
  return Object.keys(measured.peer[0]).map((unit, at) => {
    const [ours, peer] = [measured.ours, measured.peer].map((rows) => median(rows.map((row) => row[unit])));
    const common = {
      case: at === 0 ? entry.case : `${entry.case}-${unit}`,
      ours: round(ours),
      peer: round(peer),
      unit,
    };
    if (ours === undefined) return common;
    if (entry.limit !== undefined) return { ...common, limit: entry.limit, ok: ours - peer <= entry.limit };
    const ratio = ours / peer;
    const atMost = entry.atMost?.[unit];
    return { ...common, ratio: round(ratio), ...(atMost === undefined ? {} : { atMost, ok: ratio <= atMost }) };
  });
}

/** Prints the table, and the JSON line that is the last one. */
export function report(name, results) {
  const rows = results.map((row) => ({ ...row, ours: round(row.ours), peer: round(row.peer) }));
  console.table(Object.fromEntries(rows.map(({ case: key, ...rest }) => [key, rest])));
  console.log(JSON.stringify({ bench: name, cases: rows }));
}

function round(value) {
  return value === undefined ? undefined : Math.round(value * 1000) / 1000;
}
