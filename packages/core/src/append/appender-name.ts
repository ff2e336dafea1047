/** Stands as the builder of images whose source the engine appended; its notes are in a cache folder of that name. */
export const appenderName = "engine";
