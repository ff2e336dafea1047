import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { parseRequest } from "./parse-request.ts";

const authorization = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
// Of a request only these parts are read.
const request = (method: string, url: string, headers: Record<string, string> = {}) =>
  ({ method, url, headers }) as unknown as IncomingMessage;

test("tells the services of the JSON and the query protocol apart, and whose request it is", () => {
  const headers = { "x-amz-target": "CodeBuild_20161006.StartBuild", authorization: authorization("codebuild") };
  expect(parseRequest(request("POST", "/", headers), new Uint8Array())).toEqual({
    service: "codebuild",
    operation: "StartBuild",
    protocol: "json",
    accessKeyId: "AKID",
  });
  for (const service of ["sts", "iam"]) {
    const form = { "content-type": "application/x-www-form-urlencoded", authorization: authorization(service) };
    const body = Buffer.from("Action=AssumeRole&Version=2011-06-15");
    expect(parseRequest(request("POST", "/", form), body)).toMatchObject({ service, operation: "AssumeRole" });
  }
});

test.each([
  ["GET", "/", "ListBuckets"],
  ["PUT", "/b", "CreateBucket"],
  ["HEAD", "/b/", "HeadBucket"],
  ["GET", "/b?list-type=2", "ListObjectsV2"],
  ["PUT", "/b?versioning", "PutBucketVersioning"],
  ["HEAD", "/b/k", "HeadObject"],
  ["PUT", "/b/a/k?x-id=PutObject", "PutObject"],
  ["POST", "/b/k?uploads", "CreateMultipartUpload"],
  ["PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"],
  ["POST", "/b/k?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"],
  ["DELETE", "/b/k", "DeleteObject"],
])("%s %s is S3's %s", (method, url, operation) => {
  expect(parseRequest(request(method, url), new Uint8Array())).toMatchObject({ service: "s3", operation });
});
