import type { CliPlugin } from "@imagespec/core";

export const cli: CliPlugin = {
  commands: [
    {
      name: "relabel",
      summary: "say what the builder relabel can do",
      help: "usage: imagespec relabel\n",
      async run(_argv, { stdout }) {
        stdout.write("relabel changes environment and labels of a base image\n");
        return 0;
      },
    },
  ],
  doctor: [{ name: "relabel", run: async () => [{ status: "ok", message: "relabel needs nothing" }] }],
};
