/** AWS says so when a project names a role that CodeBuild may not assume: one that was just created, for one. */
export const roleNotAssumable: string =
  "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, and 3) The role has the necessary trust policy configured.";
