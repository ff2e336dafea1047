import { fileURLToPath } from "node:url";

/**
 * The folder of this package, whose dependencies bring the builders that are always there. Modules are joined into files
 * directly below `dist`, so this one stays directly below `src`.
 */
export const packageFolder: string = fileURLToPath(new URL("..", import.meta.url));
