import { contextTime } from "@imagespec/dockerfile";
import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { loadMessages, type PacketMessage } from "../protocol/messages.ts";
import { sendTree } from "./send-tree.ts";
import { createTree, type Tree } from "./tree.ts";

const messages = await loadMessages();
const fileOf = (path: string, content: Uint8Array, open?: () => AsyncIterable<Uint8Array>) => ({
  kind: "file" as const,
  path,
  mode: 0o644,
  size: content.length,
  digest: digestOf(content),
  open:
    open ??
    async function* () {
      yield content;
    },
});

/** A receiver that asks for what `wants` says, and keeps what it gets. */
async function receive(tree: Tree, wants: (stat: NonNullable<PacketMessage["stat"]>) => boolean) {
  const packets: PacketMessage[] = [];
  const contents = new Map<number, Buffer[]>();
  const finished = new Set<number>();
  const outbox: Uint8Array[] = [];
  let wake = () => {};
  const answer = (packet: Partial<PacketMessage>) => {
    outbox.push(messages.Packet.encode(packet));
    wake();
  };
  let stats = 0;
  let wanted = 0;
  let complete = false;
  const call = {
    metadata: new Map(),
    messages: (async function* () {
      for (;;) {
        const next = outbox.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })(),
    async send(sent: readonly Uint8Array[]) {
      for (const bytes of sent) {
        const packet = messages.Packet.decode(bytes);
        packets.push(packet);
        if (packet.type === 0 && packet.stat !== null) {
          if (wants(packet.stat)) {
            wanted++;
            answer({ type: 1, ID: stats });
          }
          stats++;
        } else if (packet.type === 0) complete = true;
        else if (packet.type === 2 && packet.data.length > 0) {
          contents.set(packet.ID, [...(contents.get(packet.ID) ?? []), Buffer.from(packet.data)]);
        } else if (packet.type === 2) finished.add(packet.ID);
        if (complete && finished.size === wanted && packet.type !== 3) answer({ type: 3 });
      }
    },
  };
  const result = await sendTree(call, messages.Packet, tree);
  const paths = packets.flatMap(({ type, stat }) => (type === 0 && stat !== null ? [stat.path] : []));
  return {
    result,
    packets,
    contentOf: (path: string) => Buffer.concat(contents.get(paths.indexOf(path)) ?? []).toString("utf8"),
  };
}

test("sends what is asked for under the index of the entry, the first of which is 0", async () => {
  const big = Buffer.alloc(5 * 2 ** 20 + 3, "0123456789");
  const tree = createTree([
    fileOf("a", Buffer.from("first")),
    fileOf("b/big", big),
    fileOf("c", Buffer.from("not wanted")),
    fileOf("empty", Buffer.alloc(0)),
  ]);
  const { result, packets, contentOf } = await receive(tree, ({ path }) => path !== "c" && path !== "b");
  expect(contentOf("a")).toBe("first");
  expect(contentOf("b/big")).toBe(big.toString());
  expect(contentOf("empty")).toBe("");
  expect(result).toEqual({ files: 3, bytes: 5 + big.length });
  expect(Math.max(...packets.map(({ data }) => data.length))).toBeLessThanOrEqual(2 ** 20);
  expect(packets.at(-1)?.type).toBe(3);
});

test("files are opened only when they are asked for", async () => {
  const unwanted = fileOf("a", Buffer.from("1"), () => {
    throw new Error("opened");
  });
  const { result } = await receive(createTree([unwanted]), () => false);
  expect(result).toEqual({ files: 0, bytes: 0 });
});

test("times come from the content, to the nanosecond", async () => {
  const entry = fileOf("a", Buffer.from("content"));
  const { packets } = await receive(createTree([entry]), () => false);
  // Of 64 bits, numbers keep 53: compare what both keep.
  expect(packets[0]?.stat?.modTime).toBe(Number(contextTime(entry)));
});

test("an error of a file is told to the receiver, and thrown", async () => {
  const own = new Error("gone");
  const broken = fileOf("a", Buffer.from("1"), async function* () {
    yield Buffer.from("1");
    throw own;
  });
  await expect(receive(createTree([broken]), () => true)).rejects.toBe(own);
  const longer = { ...fileOf("a", Buffer.from("12")), size: 1 };
  await expect(receive(createTree([longer]), () => true)).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
});
