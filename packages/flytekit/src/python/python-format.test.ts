import { describe, expect, test } from "vitest";
import { pythonFormat } from "./python-format.ts";

const hash = "AbC_dEf0123456789_xyzW";

describe("str.format of a tag", () => {
  test.each([
    ["v1", "v1"],
    ["{spec_hash}", hash],
    ["{{x}}-{spec_hash:.4}", "{x}-AbC_"],
    ["{spec_hash!r}", `'${hash}'`],
    ["{spec_hash[1]}{spec_hash[3]}", "b_"],
    ["{spec_hash:*^26}", `**${hash}**`],
    ["{spec_hash:>24s}", `  ${hash}`],
    ["{spec_hash:05.2}", "Ab000"],
    ["{spec_hash:{spec_hash[5]}>2.1}", "EA"],
  ])("%s", (format, expected) => {
    expect(pythonFormat(format, hash)).toBe(expected);
  });

  test.each([
    ["{other}", "KeyError", "'other'"],
    ["{}", "IndexError", "Replacement index 0 out of range for positional args tuple"],
    ["{3}", "IndexError", "Replacement index 3 out of range for positional args tuple"],
    ["{spec_hash", "ValueError", "expected '}' before end of string"],
    ["{", "ValueError", "Single '{' encountered in format string"],
    ["}", "ValueError", "Single '}' encountered in format string"],
    ["{spec_hash[99]}", "IndexError", "string index out of range"],
    ["{spec_hash[a]}", "TypeError", "string indices must be integers, not 'str'"],
    ["{spec_hash[]}", "ValueError", "Empty attribute in format string"],
    ["{spec_hash!x}", "ValueError", "Unknown conversion specifier x"],
    ["{spec_hash!", "ValueError", "end of string while looking for conversion specifier"],
    ["{spec_hash:d}", "ValueError", "Unknown format code 'd' for object of type 'str'"],
    ["{spec_hash:,}", "ValueError", "Cannot specify ',' with 's'."],
    ["{spec_hash:+}", "ValueError", "Sign not allowed in string format specifier"],
    ["{spec_hash:=9}", "ValueError", "'=' alignment not allowed in string format specifier"],
    ["{spec_hash.upper}", "AttributeError", "'str' object has no attribute 'upper'"],
  ])("%s ends with %s", (format, type, message) => {
    let details: unknown;
    try {
      pythonFormat(format, hash);
    } catch (error) {
      details = (error as { readonly details: unknown }).details;
    }
    expect(details).toEqual({ python: { stage: "tag", type, message } });
  });
});
