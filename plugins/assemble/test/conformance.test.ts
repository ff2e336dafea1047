import { testBuilder } from "@imagespec/plugin-kit";
import { describe, test } from "vitest";
import { assemble } from "../src/index.ts";

// Its own reference: what is compared has to be equal to itself at least.
testBuilder({ test, describe, createBuilder: () => assemble(), reference: () => assemble() });
