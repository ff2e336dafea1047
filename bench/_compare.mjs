// Interleaved runs of us and the peer, medians, a table, and the JSON line.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Runs the chosen cases and prints a table and, as the last line, the result as JSON.
 *
 * @param name of the benchmark
 * @param cases `{ case, unit, runs?, ours, peer, limit? }`: `ours` and `peer` are async functions that return milliseconds (or
 *   bytes). With `limit` the difference ours - peer must not be more than it; else the ratio counts.
 */
export async function compare(name, cases) {
  const at = process.argv.indexOf("--cases");
  const wanted = at < 0 ? undefined : new Set((process.argv[at + 1] ?? "").split(","));
  const results = [];
  for (const entry of cases) {
    if (wanted !== undefined && !wanted.has(entry.case)) continue;
    const ours = [];
    const peer = [];
    for (let run = 0; run < (entry.runs ?? 9); run++) {
      ours.push(await entry.ours(run));
      peer.push(await entry.peer(run));
    }
    const [a, b] = [median(ours), median(peer)];
    const common = { case: entry.case, ours: round(a), peer: round(b), unit: entry.unit };
    results.push(
      entry.limit === undefined
        ? { ...common, ratio: round(a / b) }
        : { ...common, limit: entry.limit, ok: a - b <= entry.limit },
    );
  }
  console.table(Object.fromEntries(results.map(({ case: key, ...rest }) => [key, rest])));
  console.log(JSON.stringify({ bench: name, cases: results }));
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
