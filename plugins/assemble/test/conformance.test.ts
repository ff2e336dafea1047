import { testBuilder } from "@imagespec/plugin-kit";
import { describe, test } from "vitest";
import { assemble } from "../src/index.ts";

testBuilder({ test, describe, createBuilder: () => assemble() });
