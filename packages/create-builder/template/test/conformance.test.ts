import { testBuilder } from "@imagespec/plugin-kit";
import { afterAll, describe, test } from "vitest";
import { __factory__ } from "../src/index.ts";

// Builds real images into a registry of its own, and looks at what is in them. Skips only what the builder does not declare.
// A builder that runs something in images needs a base that can be run, and perhaps another registry: `settings`.
testBuilder({ test, describe, afterAll, createBuilder: () => __factory__() });
