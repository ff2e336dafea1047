import { expect, test } from "vitest";
import { parseProbe } from "./parse-probe.ts";

test("reads facts from a log", () => {
  const log = `#5 0.310 imagespec-python /usr/local/bin/python3.12 3.12.4
#5 0.311 imagespec-seen pip 24.0
#5 0.311 imagespec-seen Jinja2 3.1.0\r
#5 0.311 imagespec-seen jinja2 2.0
#5 0.311 imagespec-installed Foo_Bar-1.0
#5 0.311 imagespec-libc glibc 2.36
#5 0.311 imagespec-end
`;
  expect(parseProbe(log)).toEqual({
    python: { path: "/usr/local/bin/python3.12", version: "3.12.4" },
    libc: { kind: "glibc", version: "2.36" },
    distributions: { "foo-bar": "1.0" },
    pythonDistributions: { jinja2: "3.1.0", pip: "24.0" },
  });
});

test("a base with nothing but a shell", () => {
  expect(parseProbe("imagespec-libc musl 1.2.4\nimagespec-no-python /usr/bin/python3\nimagespec-end\n")).toEqual({
    python: undefined,
    libc: { kind: "musl", version: "1.2.4" },
    distributions: {},
    pythonDistributions: {},
  });
});

test("a base without a shell", () => {
  const log = 'exec: "/bin/sh": stat /bin/sh: no such file or directory';
  expect(() => parseProbe(log)).toThrow(expect.objectContaining({ code: "BASE_UNSUPPORTED", logTail: [log] }));
});
