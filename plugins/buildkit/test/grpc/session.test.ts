import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createRegistryHandler } from "@imagespec/registry-server";
import type { Stack } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { daemonNames, fileOf, logOf, testDaemon, uniqueText, workOf } from "./daemons.ts";

test("a session outlives a step of 16 seconds", async (context) => {
  const daemons = await Promise.all(daemonNames.map((name) => testDaemon(context, name)));
  await Promise.all(
    daemons.map(async ({ daemon, base }) => {
      let asked = 0;
      await daemon.solve(
        workOf(
          `FROM ${base}\nRUN sleep 16 # ${uniqueText()}\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token\n`,
          {
            async secret() {
              asked++;
              return Buffer.from("value");
            },
          },
        ),
      );
      expect(asked).toBe(1);
    }),
  );
});

interface ObservedRegistry extends AsyncDisposable {
  readonly address: string;
  /** Every Authorization header that came, decoded as far as it is basic. */
  readonly logins: readonly string[];
}

async function observedRegistry(scheme: "basic" | "token" | undefined): Promise<ObservedRegistry> {
  const logins: string[] = [];
  const { handler } = createRegistryHandler(
    scheme === undefined ? {} : { auth: { users: { alice: "pw-alice" }, scheme } },
  );
  const server: Server = createServer((request, response) => {
    const [kind, value = ""] = (request.headers.authorization ?? "").split(" ");
    if (kind === "Basic") logins.push(Buffer.from(value, "base64").toString("utf8"));
    else if (kind !== "") logins.push(`${kind}`);
    handler(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    logins,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const copyBase = (stack: Stack, registry: string, login: readonly string[]) =>
  stack.skopeo([
    "copy",
    "--src-tls-verify=false",
    "--dest-tls-verify=false",
    ...login,
    `docker://${stack.registry}/library/debian:bookworm-slim`,
    `docker://${registry}/base:1`,
  ]);

describe.each(daemonNames)("%s", (name) => {
  test("twenty builds at once, under one signal", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    const { signal } = new AbortController();
    const outputs = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const log = logOf();
        const text = `FROM ${base}\nCOPY a /a\nRUN cat /a # ${uniqueText()}\n`;
        await daemon.solve(workOf(text, { context: [fileOf("a", `${index}`)], onStatus: log.onStatus, signal }));
        return log.text();
      }),
    );
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });

  test.for(["basic", "token"] as const)("only the host itself sees its login (%s)", async (scheme, context) => {
    const { daemon, stack } = await testDaemon(context, name);
    await using closed = await observedRegistry(scheme);
    await using open = await observedRegistry(undefined);
    await copyBase(stack, closed.address, ["--dest-creds", "alice:pw-alice"]);
    await copyBase(stack, open.address, []);
    const before = closed.logins.length;
    const hosts = new Set<string>();
    const build = (password: string) =>
      daemon.solve(
        workOf(
          `FROM ${open.address}/base:1 AS other\nFROM ${closed.address}/base:1\nCOPY --from=other /etc/passwd /${uniqueText()}\n`,
          {
            pull: true,
            async credentials(host) {
              hosts.add(host);
              return host === closed.address ? { username: "alice", secret: password } : undefined;
            },
          },
        ),
      );
    await expect(build("wrong")).rejects.toThrow(/401|unauthorized|denied|authoriz/i);
    await build("pw-alice");
    expect(closed.logins.slice(before)).toContain("alice:pw-alice");
    expect(open.logins).toEqual([]);
    expect(hosts).toContain(closed.address);
  });
});
