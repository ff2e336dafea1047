import { describe, expect, it } from "vitest";
import { parseControlParagraph, requiredField } from "./control-file.ts";

describe("parseControlParagraph", () => {
  it("keeps continuation lines and drops comments", () => {
    const fields = parseControlParagraph("Package: a\n# no field\nDescription: short\n long\n .\nEmpty:\n");
    expect([...fields]).toEqual([
      ["Package", "a"],
      ["Description", "short\n long\n ."],
      ["Empty", ""],
    ]);
  });

  it.each(["Package: a\nPackage: b", " continued", "no colon", ": nameless"])("refuses %j", (text) => {
    expect(() => parseControlParagraph(text)).toThrow(expect.objectContaining({ code: "DEBIAN_INDEX" }));
  });

  it("has no fields that an object would have", () => {
    expect(() => requiredField(parseControlParagraph("a: b"), "constructor")).toThrow(/"constructor" is missing/);
  });
});
