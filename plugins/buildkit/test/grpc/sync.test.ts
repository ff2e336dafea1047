import { contextTime } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, test } from "vitest";
import { daemonNames, fileOf, logOf, testDaemon, uniqueText, workOf } from "./daemons.ts";

describe.each(daemonNames)("%s", (name) => {
  test("what the daemon has is not sent again, what changed is", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const sharedKey = uniqueText();
    const salt = uniqueText();
    const files = Array.from({ length: 300 }, (_, index) =>
      fileOf(`data/${index % 7}/file-${index}`, `${salt} ${index}`.padEnd(2000 + index)),
    );
    const build = async (changed: number | undefined) => {
      const log = logOf();
      const sent: { files: number; bytes: number }[] = [];
      const result = await daemon.solve(
        workOf(`FROM ${base}\nCOPY data /data\nRUN cat /data/4/file-4 | head -c 20; find /data -type f | wc -l\n`, {
          sharedKey,
          context: files.map((file, index) =>
            index === changed ? fileOf(file.path, `CHANGED ${salt}`.padEnd(file.size)) : file,
          ),
          onStatus: log.onStatus,
          onContext: (transfer) => sent.push(transfer),
        }),
      );
      return { contextBytes: result.contextBytes, sent, log: log.text() };
    };
    const size = files.reduce((sum, file) => sum + file.size, 0);
    expect(await build(undefined)).toEqual({
      contextBytes: size,
      sent: [{ files: 300, bytes: size }],
      log: expect.stringMatching(new RegExp(`^${salt} 4 +300\n$`)),
    });
    expect(await build(undefined)).toEqual({ contextBytes: 0, sent: [{ files: 0, bytes: 0 }], log: "" });
    // The size is the same, and so would be a time that does not come from the content.
    expect(await build(4)).toEqual({
      contextBytes: files[4]!.size,
      sent: [{ files: 1, bytes: files[4]!.size }],
      log: `CHANGED ${salt}`.slice(0, 20).concat("300\n"),
    });
  });

  test("a Dockerfile of the same length is read anew", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const sharedKey = uniqueText();
    for (const word of [uniqueText(), uniqueText()]) {
      const log = logOf();
      await daemon.solve(workOf(`FROM ${base}\nRUN echo ${word}\n`, { sharedKey, onStatus: log.onStatus }));
      expect(log.text()).toBe(`${word}\n`);
    }
  });

  test("only what the Dockerfile uses is sent", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const { contextBytes } = await daemon.solve(
      workOf(
        `FROM ${base}\nCOPY used /used\nRUN --mount=type=bind,source=link,target=/mnt test -f /mnt/x # ${uniqueText()}\n`,
        {
          context: [
            fileOf("used/a", "1234"),
            fileOf("unused", "12345678"),
            { kind: "symlink", path: "link", mode: 0o777, linkTarget: "target" },
            fileOf("target/x", "12"),
          ],
        },
      ),
    );
    expect(contextBytes).toBe(6);
  });

  test("a file that changed under the build fails it with its own error", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const own = new ImageSpecError("SOURCE_CHANGED", 'file "a" changed');
    const broken = { ...fileOf("a", uniqueText()), open: () => failing(own) };
    const text = `FROM ${base}\nCOPY a /a\n`;
    await expect(daemon.solve(workOf(text, { context: [broken] }))).rejects.toBe(own);
    const shorter = { ...fileOf("a", uniqueText()), size: 20 };
    await expect(daemon.solve(workOf(text, { context: [shorter] }))).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
    expect(contextTime(fileOf("a", "1"))).not.toBe(contextTime(fileOf("a", "2")));
  });

  test("many thousand files go over", async (context) => {
    const { daemon, base } = await testDaemon(context, name);
    const salt = uniqueText();
    const files = Array.from({ length: 2000 }, (_, index) => fileOf(`data/f${index}`, `${salt}${index}`));
    // Each comes as a header of its own: more than Node.js takes by default.
    // (BuildKit 0.8 fails with as many by itself, with buildx as well: "flightcontrol: exceeded retry timeout".)
    const named = files.slice(0, name === "20.10" ? 20 : 300).map(({ path }) => path);
    const log = logOf();
    await daemon.solve(
      workOf(
        `FROM ${base}\nCOPY data /data\nCOPY ${named.join(" ")} /named/\nRUN ls /data | wc -l; ls /named | wc -l\n`,
        { context: files, onStatus: log.onStatus },
      ),
    );
    expect(log.text()).toBe(`2000\n${named.length}\n`);
  });
});

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from("1");
  throw error;
}
