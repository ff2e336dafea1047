import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRequirement, isRequirement, parseRequirement } from "./requirement.ts";

const format = (text: string) => {
  const parsed = parseRequirement(text);
  if (!isRequirement(parsed)) throw new Error(parsed.message);
  return formatRequirement(parsed);
};

describe("requirements are accepted and get one spelling", () => {
  test.each([
    ["numpy", "numpy"],
    ["NumPy", "numpy"],
    ["zope.interface", "zope-interface"],
    ["a", "a"],
    ["numpy == 1.26.*", "numpy==1.26.*"],
    ["numpy >=1, <2", "numpy<2,>=1"],
    ["numpy (>=1,<2)", "numpy<2,>=1"],
    ["requests [security, Tests] >= 2.8.1, == 2.8.*", "requests[security,tests]==2.8.*,>=2.8.1"],
    ["requests[]", "requests"],
    ["torch==2.4.0+cu124", "torch==2.4.0+cu124"],
    ["legacy===1.0-weird_thing", "legacy===1.0-weird_thing"],
    ["x~=1.4.2", "x~=1.4.2"],
    ["x!=1.0.*", "x!=1.0.*"],
    ["x>=1!2.0rc1.post2.dev3", "x>=1!2.0rc1.post2.dev3"],
    ["pip @ https://example.com/pip-1.3.1.zip#sha1=da9234ee", "pip @ https://example.com/pip-1.3.1.zip#sha1=da9234ee"],
    ["name@https://example.com/x.whl", "name @ https://example.com/x.whl"],
    [
      "name[quux, strange];python_version<'2.7' and platform_version=='2'",
      'name[quux,strange]; python_version < "2.7" and platform_version == "2"',
    ],
    ["name; os_name=='a' or os_name=='b'", 'name; os_name == "a" or os_name == "b"'],
    [
      "name; os_name=='a' and (os_name=='b' or os_name=='c')",
      'name; os_name == "a" and (os_name == "b" or os_name == "c")',
    ],
    [
      "name; (os_name=='a' and os_name=='b') or os_name=='c'",
      'name; os_name == "a" and os_name == "b" or os_name == "c"',
    ],
    ["name @ https://x.org/a.whl ; extra == 'b'", 'name @ https://x.org/a.whl ; extra == "b"'],
    ["name; 'linux' in sys_platform", 'name; "linux" in sys_platform'],
    ["name; 'linux' not  in sys_platform", 'name; "linux" not in sys_platform'],
    ["pkg @ git+ssh://git@github.com/acme/pkg@v1", "pkg @ git+ssh://git@github.com/acme/pkg@v1"],
  ])("%s", (text, expected) => {
    expect(format(text)).toBe(expected);
    expect(format(expected)).toBe(expected);
  });
});

describe("requirements are refused with a way out", () => {
  test.each([
    ["", "is empty", "remove"],
    ["numpy=1.26", "no comparison", 'write "numpy==1.26"'],
    ["numpy 1.26", "no comparison", 'write "numpy==1.26"'],
    ["numpy pandas", 'goes on after the name with "pandas"', "entry of its own"],
    ["--pre", "is an option", "pipExtraArgs"],
    ["numpy --no-binary :all:", "has an option", "pipExtraArgs"],
    ["-e .", "is an option", "pipExtraArgs"],
    ["git+https://github.com/acme/x", "URL without a name", "name @ git+https"],
    ["./local", "is a path", "sourceRoot"],
    ["x @ file:///tmp/x.whl", "a file of this machine", "sourceRoot"],
    ["x @ ../x", "a file of this machine", "sourceRoot"],
    ["numpy>=", 'no version after ">="', "1.0"],
    ["numpy>=abc", "not a version", "PEP 440"],
    ["numpy>=1.*", '".*" after ">="', "== and !="],
    ["numpy>1+local", "local version", "=="],
    ["numpy~=1", "needs two numbers", "~=1.0"],
    ["numpy>=1,", "comma", "remove the comma"],
    ["numpy[a b]", "not a name", "extra"],
    ["numpy; python_versoin < '3'", "unknown marker variable", 'did you mean "python_version"?'],
    ["numpy; python_version", "without a comparison", "python_version"],
    ["numpy; python_version < '3' xor", "cannot be read", "and, or"],
    ["numpy # fast arrays", "comment", "remove"],
    ["numpy\npandas", "line break", "entry of its own"],
    ["@scope/name", "does not begin", "letter"],
  ])("%j", (text, message, hint) => {
    const found = parseRequirement(text);
    if (isRequirement(found)) throw new Error(`"${text}" was accepted`);
    expect(found.code).toBe("SPEC_REQUIREMENT");
    expect(found.message).toContain(message);
    expect(found.message).toContain(text);
    expect(found.hint).toContain(hint);
  });
});

const name = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,8}[a-zA-Z0-9])?$/);
const version = fc.stringMatching(/^\d{1,3}(\.\d{1,3}){0,3}((a|b|rc)\d{1,2})?(\.post\d)?(\.dev\d)?$/);
const specifier = fc.tuple(fc.constantFrom("==", "!=", "<=", ">=", "<", ">"), version).map((parts) => parts.join(""));

test("formatting what was parsed is stable", () => {
  fc.assert(
    fc.property(
      name,
      fc.array(name, { maxLength: 3 }),
      fc.array(specifier, { maxLength: 3 }),
      (base, extras, specifiers) => {
        const text = `${base}${extras.length > 0 ? `[${extras.join(" , ")}]` : ""} ${specifiers.join(" ,")}`;
        const once = format(text);
        expect(format(once)).toBe(once);
      },
    ),
  );
});

test("any text is either parsed or explained", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
      const parsed = parseRequirement(text);
      if (!isRequirement(parsed)) expect(parsed.message.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
