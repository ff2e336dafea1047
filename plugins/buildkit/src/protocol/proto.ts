/**
 * The part of BuildKit's protocol that is spoken here, in the words of its own `.proto` files (control, worker, ops, auth,
 * secrets, filesync; fsutil's wire; gRPC's health and status). Field numbers have been the same since BuildKit 0.8; what a daemon
 * sends beyond is skipped.
 */
export const proto = `
syntax = "proto3";

message Empty {}

// grpc.health.v1, google.rpc
message HealthCheckResponse { int32 status = 1; }
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }

// moby.buildkit.secrets.v1, moby.filesync.v1
message GetSecretRequest { string ID = 1; map<string, string> annotations = 2; }
message GetSecretResponse { bytes data = 1; }
message CredentialsRequest { string Host = 1; }
message CredentialsResponse { string Username = 1; string Secret = 2; }
message BytesMessage { bytes data = 1; }

// fsutil.types
message Stat {
  string path = 1; uint32 mode = 2; uint32 uid = 3; uint32 gid = 4; int64 size = 5; int64 modTime = 6; string linkname = 7;
}
message Packet { int32 type = 1; Stat stat = 2; uint32 ID = 3; bytes data = 4; }

// moby.buildkit.v1
message Entry { string Type = 1; map<string, string> Attrs = 2; }
message CacheOptions { repeated Entry Exports = 4; repeated Entry Imports = 5; }
message SolveRequest {
  string Ref = 1; string ExporterDeprecated = 3; map<string, string> ExporterAttrsDeprecated = 4; string Session = 5;
  string Frontend = 6; map<string, string> FrontendAttrs = 7; CacheOptions Cache = 8; repeated string Entitlements = 9;
  bool Internal = 11; repeated Entry Exporters = 13;
}
message SolveResponse { map<string, string> ExporterResponse = 1; }

message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message ProgressGroup { string id = 1; string name = 2; bool weak = 3; }
message Vertex {
  string digest = 1; repeated string inputs = 2; string name = 3; bool cached = 4; Timestamp started = 5;
  Timestamp completed = 6; string error = 7; ProgressGroup progressGroup = 8;
}
message VertexStatus {
  string ID = 1; string vertex = 2; string name = 3; int64 current = 4; int64 total = 5; Timestamp timestamp = 6;
  Timestamp started = 7; Timestamp completed = 8;
}
message VertexLog { string vertex = 1; Timestamp timestamp = 2; int64 stream = 3; bytes msg = 4; }
message VertexWarning { string vertex = 1; int64 level = 2; bytes short = 3; repeated bytes detail = 4; string url = 5; }
message StatusRequest { string Ref = 1; }
message StatusResponse {
  repeated Vertex vertexes = 1; repeated VertexStatus statuses = 2; repeated VertexLog logs = 3;
  repeated VertexWarning warnings = 4;
}

message Platform { string Architecture = 1; string OS = 2; string Variant = 3; }
message BuildkitVersion { string package = 1; string version = 2; string revision = 3; }
message WorkerRecord {
  string ID = 1; map<string, string> Labels = 2; repeated Platform platforms = 3; BuildkitVersion BuildkitVersion = 5;
}
message ListWorkersResponse { repeated WorkerRecord record = 1; }
message InfoResponse { BuildkitVersion buildkitVersion = 1; }
`;
