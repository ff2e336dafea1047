import { testBuilder } from "@imagespec/plugin-kit";
import { describe, test } from "vitest";
import { __factory__ } from "../src/index.ts";

// Builds real images into a registry of its own, and looks at what is in them. Skips only what the builder does not declare.
testBuilder({ test, describe, createBuilder: () => __factory__() });
