// node serve.mjs <folder>: a registry in a process of its own, from the built package. Prints its address and then, for every line that it
// reads, its memory in bytes.
import { createInterface } from "node:readline";
import { startRegistryServer } from "../dist/index.js";

const { address } = await startRegistryServer({ root: process.argv[2] });
process.stdout.write(`${address}\n`);
for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${process.memoryUsage().rss}\n`);
