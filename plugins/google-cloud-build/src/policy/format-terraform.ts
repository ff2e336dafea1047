import type { Binding } from "./bindings.ts";
import { type Members, services } from "./format-gcloud.ts";

/** The bindings as resources of Terraform's provider for Google. */
export function formatTerraform(bindings: readonly Binding[], members: Members, project: string): string {
  const names = new Map<string, number>();
  const api = block("google_project_service", "imagespec", [
    ["for_each", `toset([${services.map(text).join(", ")}])`],
    ["project", text(project)],
    ["service", "each.value"],
    ["disable_on_destroy", "false"],
  ]);
  const roles = bindings.map((binding) => {
    const base = `${binding.who}_${binding.role.replace(/^roles\//, "").replace(/\W+/g, "_")}`;
    const count = (names.get(base) ?? 0) + 1;
    names.set(base, count);
    const [type, place] = resourceOf(binding);
    return `# ${binding.why}\n${block(type, count === 1 ? base : `${base}_${count}`, [
      ...place,
      ["role", text(binding.role)],
      ["member", text(members[binding.who])],
    ])}`;
  });
  return [api, ...roles].join("\n");
}

type Attributes = readonly (readonly [name: string, value: string])[];

function resourceOf({ on }: Binding): readonly [type: string, place: Attributes] {
  switch (on.kind) {
    case "project":
      return ["google_project_iam_member", [["project", text(on.project)]]];
    case "bucket":
      return ["google_storage_bucket_iam_member", [["bucket", text(on.bucket)]]];
    case "service-account":
      return [
        "google_service_account_iam_member",
        [
          [
            "service_account_id",
            text(`projects/${on.email.split("@")[1]?.split(".")[0] ?? "-"}/serviceAccounts/${on.email}`),
          ],
        ],
      ];
    case "repository":
      return [
        "google_artifact_registry_repository_iam_member",
        [
          ["project", text(on.project)],
          ["location", text(on.location)],
          ["repository", text(on.repository)],
        ],
      ];
    case "secret":
      return [
        "google_secret_manager_secret_iam_member",
        [
          ["project", text(on.project)],
          ["secret_id", text(on.secret)],
        ],
      ];
  }
}

/** As `terraform fmt` writes it: equal signs stand below each other. */
function block(type: string, name: string, attributes: Attributes): string {
  const width = Math.max(...attributes.map(([key]) => key.length));
  const lines = attributes.map(([key, value]) => `  ${key.padEnd(width)} = ${value}`);
  return `resource "${type}" "${name}" {\n${lines.join("\n")}\n}\n`;
}

/** A string of HCL: `${` and `%{` begin templates. */
function text(value: string): string {
  return JSON.stringify(value).replaceAll("${", "$${").replaceAll("%{", "%%{");
}
