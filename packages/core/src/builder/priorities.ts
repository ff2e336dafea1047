/** Named priorities: what makes an image with least comes first. A registration may give another number. */
export const priorities = { assemble: 100, buildkit: 80, cloud: 60, default: 50, nix: 10 } as const;
