import { describe, expect, test } from "vitest";
import { evaluateMarker } from "./evaluate-marker.ts";
import { markerEnvironment } from "./marker-environment.ts";

const environment = markerEnvironment(
  { platform: "linux/arm64", pythonVersion: "3.12.4", libc: { kind: "glibc", version: "2.36" } },
  { extras: ["socks"], groups: ["dev"] },
);

describe("evaluateMarker", () => {
  test.each([
    ["python_version >= '3.9'", true],
    ["python_version < '3.10'", false],
    ["'3.9' <= python_version", true],
    ["python_full_version < '3.12.5' and python_full_version >= '3.12.4'", true],
    ["python_version == '3.12.*'", true],
    ["python_version in '3.11 3.12'", true],
    ["sys_platform == 'win32' or os_name == \"posix\"", true],
    ["sys_platform == 'win32' and os_name == 'posix' or platform_machine == 'aarch64'", true],
    ["sys_platform == 'win32' and (os_name == 'posix' or platform_machine == 'aarch64')", false],
    ["platform_machine not in 'x86_64 amd64'", true],
    ["extra == 'socks'", true],
    ["'socks' in extras", true],
    ["'other' in extras", false],
    ["'dev' in dependency_groups and 'test' not in dependency_groups", true],
    ["platform_python_implementation != 'PyPy'", true],
    ["implementation_name == 'cpython' and python_version~='3.8'", true],
  ])("%s is %s", (marker, expected) => {
    expect(evaluateMarker(marker, environment)).toBe(expected);
  });

  test.each([
    "",
    "python_version",
    "python_version >=",
    "unknown == '1'",
    "python_version >= '3' and",
    "(python_version >= '3'",
    "os_name == 'posix')",
    "os_name == 'posix' 'x'",
    "os_name not 'posix'",
    "💥 == '1'",
    `${"(".repeat(50_000)}os_name == 'posix'${")".repeat(50_000)}`,
  ])("refuses %j", (marker) => {
    expect(() => evaluateMarker(marker, environment)).toThrow(expect.objectContaining({ code: "LOCK_INVALID" }));
  });
});
