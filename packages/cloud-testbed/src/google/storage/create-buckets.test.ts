import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c, md5 } from "./checksums.ts";
import { createBuckets } from "./create-buckets.ts";

test("checksums are those of the standards", () => {
  // RFC 3720, B.4, and RFC 1321, A.5, in base64.
  expect(Buffer.from(crc32c(Buffer.alloc(32)), "base64").toString("hex")).toBe("8a9136aa");
  expect(Buffer.from(crc32c(Buffer.alloc(32, 0xff)), "base64").toString("hex")).toBe("62a8ab43");
  expect(Buffer.from(md5(Buffer.from("abc")), "base64").toString("hex")).toBe("900150983cd24fb0d6963f7d28e17f72");
});

test("a generation is good for one content", () => {
  const buckets = createBuckets();
  buckets.create("bucket", "1", {});
  const first = buckets.write("bucket", "o", Buffer.from("1"));
  expect(buckets.read("bucket", "o", first.generation).bytes.toString()).toBe("1");
  const second = buckets.write("bucket", "o", Buffer.from("2"));
  expect(BigInt(second.generation)).toBeGreaterThan(BigInt(first.generation));
  expect(() => buckets.read("bucket", "o", first.generation)).toThrow("No such object");
  const labelled = buckets.update(second, { metadata: { a: "b" } });
  expect(labelled).toMatchObject({ generation: second.generation, metageneration: "2", metadata: { a: "b" } });
});

test("preconditions hold writes to what was read", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ text: fc.string(), stale: fc.boolean() })), (writes) => {
      const buckets = createBuckets();
      buckets.create("bucket", "1", {});
      let current: { readonly text: string; readonly generation: string } | undefined;
      let before = "1";
      for (const { text, stale } of writes) {
        const ifGenerationMatch = stale ? before : (current?.generation ?? "0");
        const write = () => buckets.write("bucket", "o", Buffer.from(text), {}, { ifGenerationMatch });
        if (stale) expect(write).toThrow("pre-conditions");
        else {
          before = current?.generation ?? "1";
          current = { text, generation: write().generation };
        }
        if (current !== undefined) expect(buckets.read("bucket", "o").bytes.toString()).toBe(current.text);
      }
    }),
  );
});

test.for(["a", "UPPER", "goog-x", "10.0.0.1", "-x-", "x".repeat(300)])("%s is no name of a bucket", (name) => {
  expect(() => createBuckets().create(name, "1", {})).toThrow("Invalid bucket name");
});
