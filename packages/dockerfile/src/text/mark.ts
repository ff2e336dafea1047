/** What the comment says by which a Dockerfile of ours is known. */
export const mark: string = "Written by imagespec: change the spec, not this file.";
