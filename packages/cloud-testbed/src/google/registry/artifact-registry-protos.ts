import protobuf, { type INamespace, type Type } from "protobufjs";

// The part of google/devtools/artifactregistry/v1/repository.proto that is for Docker; the numbers do not matter for JSON.
const schema: INamespace = {
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: { Duration: { fields: { seconds: { type: "int64", id: 1 }, nanos: { type: "int32", id: 2 } } } },
        },
      },
    },
    DockerRepositoryConfig: { fields: { immutableTags: { type: "bool", id: 1 } } },
    CleanupPolicyCondition: {
      fields: {
        tagState: { type: "TagState", id: 2 },
        tagPrefixes: { rule: "repeated", type: "string", id: 3 },
        versionNamePrefixes: { rule: "repeated", type: "string", id: 4 },
        packageNamePrefixes: { rule: "repeated", type: "string", id: 5 },
        olderThan: { type: "google.protobuf.Duration", id: 6 },
        newerThan: { type: "google.protobuf.Duration", id: 7 },
      },
      nested: { TagState: { values: { TAG_STATE_UNSPECIFIED: 0, TAGGED: 1, UNTAGGED: 2, ANY: 3 } } },
    },
    CleanupPolicyMostRecentVersions: {
      fields: {
        packageNamePrefixes: { rule: "repeated", type: "string", id: 1 },
        keepCount: { type: "int32", id: 2 },
      },
    },
    CleanupPolicy: {
      oneofs: { conditionType: { oneof: ["condition", "mostRecentVersions"] } },
      fields: {
        id: { type: "string", id: 1 },
        action: { type: "Action", id: 3 },
        condition: { type: "CleanupPolicyCondition", id: 2 },
        mostRecentVersions: { type: "CleanupPolicyMostRecentVersions", id: 4 },
      },
      nested: { Action: { values: { ACTION_UNSPECIFIED: 0, DELETE: 1, KEEP: 2 } } },
    },
    Repository: {
      fields: {
        dockerConfig: { type: "DockerRepositoryConfig", id: 17 },
        name: { type: "string", id: 1 },
        format: { type: "Format", id: 2 },
        description: { type: "string", id: 3 },
        // IMapField is what a map is written as; INamespace speaks of IField alone.
        labels: { keyType: "string", type: "string", id: 4 } as protobuf.IMapField,
        createTime: { type: "string", id: 5 },
        updateTime: { type: "string", id: 6 },
        kmsKeyName: { type: "string", id: 8 },
        mode: { type: "Mode", id: 10 },
        cleanupPolicies: { keyType: "string", type: "CleanupPolicy", id: 12 } as protobuf.IMapField,
        cleanupPolicyDryRun: { type: "bool", id: 18 },
      },
      nested: {
        Format: { values: { FORMAT_UNSPECIFIED: 0, DOCKER: 1, MAVEN: 2, NPM: 3, APT: 5, YUM: 6, PYTHON: 8 } },
        Mode: {
          values: { MODE_UNSPECIFIED: 0, STANDARD_REPOSITORY: 1, VIRTUAL_REPOSITORY: 2, REMOTE_REPOSITORY: 3 },
        },
      },
    },
  },
};

/** `Repository` of Artifact Registry v1. */
export const repositoryType: Type = protobuf.Root.fromJSON(schema).resolveAll().lookupType("Repository");
