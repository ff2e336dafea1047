/** The methods of BuildKit's control service that are called here. */
export const control: Readonly<Record<"solve" | "status" | "session" | "listWorkers" | "info", string>> = {
  solve: "/moby.buildkit.v1.Control/Solve",
  status: "/moby.buildkit.v1.Control/Status",
  session: "/moby.buildkit.v1.Control/Session",
  listWorkers: "/moby.buildkit.v1.Control/ListWorkers",
  info: "/moby.buildkit.v1.Control/Info",
};
