import { testBuilder } from "@imagespec/plugin-kit";
import { afterAll, describe, test } from "vitest";
import { assemble } from "../src/index.ts";

// Its own reference: what is compared has to be equal to itself at least.
testBuilder({ test, describe, afterAll, createBuilder: () => assemble(), reference: () => assemble() });
