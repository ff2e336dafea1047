/** Name of the step that holds all that Cloud Build does. */
export const cloudStep = "cloud build";
