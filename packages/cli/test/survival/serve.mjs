// node serve.mjs <folder> <port> <requests> <ms>: a registry that kills itself some ms after so many requests. Needs the built package.
import { createServer } from "node:http";
import { createRegistryHandler } from "@imagespec/registry-server";

const [root, port, killAfter, delayMs] = process.argv.slice(2);
const { handler } = createRegistryHandler({ root });
let count = 0;
const server = createServer((request, response) => {
  count++;
  if (count === Number(killAfter)) setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(delayMs));
  handler(request, response);
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
