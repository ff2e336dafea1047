import { describe, expect, test } from "vitest";
import { daemonNames, fileOf, logOf, testDaemon, workOf } from "./daemons.ts";

describe.each(daemonNames)("%s", (name) => {
  test("runs a step with a secret and a file", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const log = logOf();
    const stamp = Math.random();
    const result = await daemon.solve(
      workOf(
        `FROM ${base}\nCOPY a /a\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token /a; echo ${stamp}\n`,
        {
          context: [fileOf("a", "content")],
          secret: async (id) => (id === "token" ? Buffer.from("value") : undefined),
          onStatus: log.onStatus,
        },
      ),
    );
    expect(log.text()).toContain("valuecontent");
    expect(result.contextBytes).toBe(7);
  });
});
