import type { IncomingMessage } from "node:http";

export type AwsService = "codebuild" | "ecr" | "logs" | "secretsmanager" | "ssm" | "sts" | "iam" | "s3" | "unknown";

/** What a request to the API asks for. */
export interface AwsRequest {
  readonly service: AwsService;
  readonly operation: string;
  /** How the service writes its errors. */
  readonly protocol: "json" | "query" | "rest-xml";
  /** Empty when it is not signed. */
  readonly accessKeyId: string;
}

const targets: Readonly<Record<string, AwsService>> = {
  CodeBuild_20161006: "codebuild",
  AmazonEC2ContainerRegistry_V20150921: "ecr",
  Logs_20140328: "logs",
  secretsmanager: "secretsmanager",
  AmazonSSM: "ssm",
};

export function parseRequest(request: IncomingMessage, body: Uint8Array): AwsRequest {
  const url = new URL(request.url ?? "/", "http://aws");
  const { authorization = "" } = request.headers;
  const scope = /Credential=(?<key>[^/]+)\/\d+\/[^/]+\/(?<service>[^/]+)\//.exec(authorization)?.groups;
  const accessKeyId = scope?.["key"] ?? url.searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "";
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    const [prefix = "", operation = ""] = target.split(".");
    return { service: targets[prefix] ?? "unknown", operation, protocol: "json", accessKeyId };
  }
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const operation = new URLSearchParams(Buffer.from(body).toString()).get("Action") ?? "";
    return { service: scope?.["service"] === "iam" ? "iam" : "sts", operation, protocol: "query", accessKeyId };
  }
  return { service: "s3", operation: s3Operation(request.method ?? "GET", url), protocol: "rest-xml", accessKeyId };
}

/** Path style: `/bucket/key`. */
function s3Operation(method: string, url: URL): string {
  const [, bucket = "", ...key] = url.pathname.split("/");
  const has = (name: string) => url.searchParams.has(name);
  if (bucket === "") return "ListBuckets";
  if (key.join("/") === "") {
    const setting = ["versioning", "lifecycle", "policy", "location", "encryption", "tagging"].find(has);
    const noun = setting === undefined ? "Bucket" : `Bucket${setting.charAt(0).toUpperCase()}${setting.slice(1)}`;
    if (method === "GET" && setting === undefined) return has("uploads") ? "ListMultipartUploads" : "ListObjectsV2";
    if (method === "PUT" && setting === undefined) return "CreateBucket";
    if (method === "POST" && has("delete")) return "DeleteObjects";
    return `${method.charAt(0)}${method.slice(1).toLowerCase()}${noun}`;
  }
  switch (method) {
    case "POST":
      return has("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
    case "PUT":
      return has("partNumber") ? "UploadPart" : "PutObject";
    case "DELETE":
      return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    case "HEAD":
      return "HeadObject";
    default:
      return has("uploadId") ? "ListParts" : "GetObject";
  }
}
