import { mkdir, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFolder } from "../disk/temporary-folder.ts";
import { MemoryImages, tarOf } from "../testing/memory-images.ts";
import { findFileLeaks, findImageLeaks, formsOf, holds } from "./find-leaks.ts";
import { readStoredImage } from "./session/stored-image.ts";

const secret = 'p@ss "word" 123';

test("knows the forms in which a secret turns up", () => {
  const forms = formsOf(secret, "me");
  for (const text of [
    `x ${secret} y`,
    "https://me:p%40ss%20%22word%22%20123@host",
    JSON.stringify({ login: secret }),
    Buffer.from(secret).toString("base64"),
    `Basic ${Buffer.from(`me:${secret}`).toString("base64")}`,
  ]) {
    expect(holds(text, forms)).toBe(true);
  }
  expect(holds("p@ss word 123", forms)).toBe(false);
});

test("finds it in every part of an image, also under files that are hidden", async () => {
  const images = new MemoryImages();
  const filler = "x".repeat(70_000);
  const { digest } = images.image(
    [
      tarOf([{ path: "a/kept", content: "nothing" }]),
      tarOf([{ path: "a/gone", content: `${filler}${secret}` }]),
      tarOf([{ path: "a/.wh.gone" }]),
    ],
    { change: ({ config }) => Object.assign(config, { history: [{}, {}, { created_by: `RUN ${secret}` }] }) },
  );
  const image = await readStoredImage(images, digest);
  expect(await findImageLeaks(image, formsOf(secret))).toEqual(["the history of the config", "layer 1"]);
  const clean = images.image([tarOf([{ path: "a", content: "nothing" }])], { tag: "clean" });
  expect(await findImageLeaks(await readStoredImage(images, clean.digest), formsOf(secret))).toEqual([]);
});

test("finds it in files that were written since a time", async () => {
  await using folder = await temporaryFolder();
  await mkdir(folder.join("sub"));
  await writeFile(folder.join("sub", "netrc"), `password ${secret}`);
  await writeFile(folder.join("other"), gzipSync("nothing"));
  expect(await findFileLeaks(folder.path, formsOf(secret), Date.now() - 10_000)).toEqual(["sub/netrc"]);
  expect(await findFileLeaks(folder.path, formsOf(secret), Date.now() + 10_000)).toEqual([]);
});
