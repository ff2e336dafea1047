import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { createDigester } from "./digester.ts";

test("digests pieces as the whole, and tells the digest and size in between", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array()),
      fc.constantFrom("sha256" as const, "sha512" as const),
      (chunks, algorithm) => {
        const digester = createDigester(algorithm);
        let seen = Buffer.alloc(0);
        for (const chunk of chunks) {
          digester.update(chunk);
          seen = Buffer.concat([seen, chunk]);
          expect(digester.digest()).toBe(digestOf(seen, algorithm));
          expect(digester.size).toBe(seen.byteLength);
        }
        expect(digester.digest()).toBe(digestOf(seen, algorithm));
      },
    ),
  );
});
