import { expect, test } from "vitest";
import { TerminalNormalizer } from "./normalize-terminal.ts";

const tag = "u1-jquehx7uhmucbzn4";
const digest = `sha256:${"4be1".repeat(16)}`;

test("replaces what differs from run to run, the same by the same", () => {
  const normalizer = new TerminalNormalizer({ "/tmp/x7": "/home/ada" });
  const given = `acme/train:${tag}  ${digest}  /tmp/x7/train  613 B  0.04 s\nacme/train:${tag}  127.0.0.1:41234/a  7.2 MB`;
  const text = normalizer.normalize(given);
  expect(text).toMatch(
    /^acme\/train:(u1-[a-z0-9]{16}) {2}sha256:[0-9a-f]{12}… {2}\/home\/ada\/train {2}2 kB {3}1\.2 s\nacme\/train:\1 {2}127\.0\.0\.1:5000\/a {2}7\.2 MB$/,
  );
  expect(text).not.toContain(tag);
  expect(new TerminalNormalizer({ "/tmp/x7": "/home/ada" }).normalize(given)).toBe(text);
  expect(normalizer.normalize("u1-aaaaaaaaaaaaaaaa")).not.toBe(normalizer.normalize(tag));
});

test("puts the steps of a build in one order, and nothing else", () => {
  const lines = ["  b", "  ✔ source  1", "  ✔ base    2", "  image  a", "  ✔ store", "  ✔ other"];
  expect(new TerminalNormalizer({}).normalize(lines.join("\n")).split("\n")).toEqual([
    "  b",
    "  ✔ base    2",
    "  ✔ source  1",
    "  image  a",
    "  ✔ store",
    "  ✔ other",
  ]);
});
