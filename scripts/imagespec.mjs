// `npm run imagespec -- ARGS`: the command from the sources of this clone, in the folder it was called from.
import path from "node:path";
import { root } from "./run.mjs";
import { setUp } from "./setup.mjs";

await setUp();
process.chdir(process.env.INIT_CWD ?? process.cwd());
process.argv.splice(1, 1, path.join(root, "packages", "cli", "bin", "imagespec.js"));
await import("../packages/cli/bin/imagespec.js");
