import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRelations, parseRelations, type RelationGroup } from "./relation.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,8}$/);
const group: fc.Arbitrary<RelationGroup> = fc.array(
  fc
    .tuple(
      name,
      fc.option(fc.constantFrom("any", "native", "amd64")),
      fc.option(fc.tuple(fc.constantFrom("<<", "<=", "=", ">=", ">>"), fc.stringMatching(/^\d[0-9a-z.+~:-]{0,8}$/))),
    )
    .map(([name, architecture, version]) => ({
      name,
      ...(architecture === null ? {} : { architecture }),
      ...(version === null ? {} : { version: { operator: version[0], value: version[1] } }),
    })),
  { minLength: 1, maxLength: 3 },
);

describe("parseRelations", () => {
  it("reads alternatives, versions and qualifiers", () => {
    expect(parseRelations("libc6 (>= 2.36), default-mta | mail-transport-agent,\n python3:any(<<3.14)")).toEqual([
      [{ name: "libc6", version: { operator: ">=", value: "2.36" } }],
      [{ name: "default-mta" }, { name: "mail-transport-agent" }],
      [{ name: "python3", architecture: "any", version: { operator: "<<", value: "3.14" } }],
    ]);
  });

  it("takes an absent field for no relation", () => expect(parseRelations(undefined)).toEqual([]));

  it("reads what it writes", () => {
    fc.assert(
      fc.property(fc.array(group), (groups) => {
        expect(parseRelations(groups.map(formatRelations).join(", "))).toEqual(groups);
      }),
    );
  });

  it.each(["libc6 (2.36)", "libc6 (~ 1)", "UPPER", "a b", "foo [amd64]"])("refuses %j", (text) => {
    expect(() => parseRelations(text)).toThrow(expect.objectContaining({ code: "DEBIAN_INDEX" }));
  });
});
