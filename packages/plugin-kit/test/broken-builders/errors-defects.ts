import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { type BrokenBuilder, claims, failsAs, publish, wrapped } from "./broken-builder.ts";

/** Builders that break what the suite says about errors. */
export const errorsDefects: readonly BrokenBuilder[] = [
  {
    defect: "throws a plain error",
    caughtBy: "errors/package-unknown",
    says: /rejects with a Error instead of an ImageSpecError/,
    create: failsAs((error) => new Error(error.message)),
  },
  {
    defect: "gives everything one code",
    caughtBy: "errors/version-unknown",
    says: /with BUILD_FAILED/,
    create: failsAs((error) => new ImageSpecError("BUILD_FAILED", error.message, { hint: "look" })),
  },
  {
    defect: "gives no hint",
    caughtBy: "errors/contradiction",
    says: /the error SPEC_UNSOLVABLE has no hint/,
    create: failsAs((error) => new ImageSpecError(error.code, error.message, { problems: error.problems })),
  },
  {
    defect: "does not name the field",
    caughtBy: "errors/no-wheel",
    says: /names the fields \[\] instead of "packages\[0\]"/,
    create: failsAs((error) => new ImageSpecError(error.code, error.message, { hint: "look" })),
  },
  {
    defect: "does not look at hashes",
    caughtBy: "errors/wheel-corrupt",
    says: /succeeds in spite of a wheel with other bytes/,
    create: wrapped((build) => async (spec, request) => {
      try {
        return await build(spec, request);
      } catch (error) {
        if (!isImageSpecError(error, "WHEEL_HASH_MISMATCH")) throw error;
        return build({ ...spec, requirementLines: [] }, request);
      }
    }),
  },
  {
    defect: "takes no for an answer of the index",
    caughtBy: "errors/index-auth",
    says: /with SPEC_PACKAGE_NOT_FOUND/,
    create: failsAs((error) => new ImageSpecError("SPEC_PACKAGE_NOT_FOUND", error.message, { hint: "look" })),
  },
  {
    defect: "hides that there is no base",
    caughtBy: "errors/base-missing",
    says: /succeeds in spite of a base that does not exist|with /,
    create: wrapped((build) => (spec, request) => {
      const base = () => request.base().catch(() => undefined);
      return build(spec, { ...request, base });
    }),
  },
  {
    defect: "claims commands",
    caughtBy: "errors/command-fails",
    says: /succeeds in spite of a command that fails/,
    create: claims("commands"),
  },
  {
    defect: "hides that the source was edited",
    caughtBy: "errors/source-edited",
    says: /an edit during the build comes to BUILD_FAILED/,
    create: failsAs((error) => new ImageSpecError("BUILD_FAILED", error.message, { hint: "look" })),
  },
  {
    defect: "publishes before it fails",
    caughtBy: "errors/package-unknown",
    says: /is there although the build failed/,
    create: wrapped((build) => async (spec, request) => {
      await publish(spec, request);
      return build(spec, request);
    }),
  },
];
