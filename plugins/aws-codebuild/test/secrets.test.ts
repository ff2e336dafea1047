import { createHash, randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { parseImageManifest } from "@imagespec/oci";
import { expect, test } from "vitest";
import { createSecret } from "./support/create-secret.ts";
import { testBench } from "./support/test-bench.ts";

test("the value of a secret is used, and is in no request, context, log, event, record or image", async (context) => {
  await using bench = await testBench(context);
  const { fake } = bench;
  const value = `sesame-${randomBytes(12).toString("hex")}`;
  await createSecret(fake, "prod/token", value);
  const uploaded = fake.requests.length;
  const name = bench.newName();
  const result = await bench.build({
    name,
    baseImage: bench.base,
    secrets: [{ id: "token", from: { aws: "prod/token" } }],
    // A step of its own each time: values of secrets are no part of what a cache goes by.
    commands: [
      `: ${name}; sha256sum /run/secrets/token | cut -c 1-64 > /proof; cat /run/secrets/token; echo; wc -c < /run/secrets/token`,
    ],
  });
  const proof = (await bench.run(result.reference, "cat", "/proof")).trim();
  expect(proof).toBe(createHash("sha256").update(value).digest("hex"));

  const forms = [value, Buffer.from(value).toString("base64").replace(/=+$/, "")];
  const places = new Map<string, string>();
  for (const [index, { service, operation, body, path, headers }] of fake.requests.slice(uploaded).entries()) {
    const isPacked = operation === "PutObject" || operation === "UploadPart";
    const bytes = isPacked && body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
    places.set(
      `${service} ${operation} ${index}`,
      `${path} ${JSON.stringify(headers)} ${Buffer.from(bytes).toString("latin1")}`,
    );
  }
  const [build] = fake.builds;
  places.set("build", JSON.stringify(build));
  places.set("log", fake.buildLog(build?.id ?? ""));
  places.set("events", JSON.stringify(bench.events));
  places.set("result", JSON.stringify(result));
  const repository = bench.client.repository({ registry: fake.registry, repository: result.name });
  const image = await repository.getManifest({ digest: result.digest });
  places.set("manifest", Buffer.from(image.bytes).toString());
  for (const layer of parseImageManifest(image.bytes).layers) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await repository.openBlob(layer)) chunks.push(chunk);
    places.set(`layer ${layer.digest}`, gunzipSync(Buffer.concat(chunks)).toString("latin1"));
  }
  const { stdout } = await bench.stack.docker(["image", "inspect", result.reference]);
  places.set("config", stdout);
  places.set("history", (await bench.stack.docker(["history", "--no-trunc", result.reference])).stdout);
  for (const [where, text] of places) {
    for (const form of forms) expect(text.includes(form), `${where} has the secret`).toBe(false);
  }
  // The look would find it: the log of the build has its mask in its place.
  expect(places.get("log")).toContain("***");
  expect(places.size).toBeGreaterThan(15);
});
