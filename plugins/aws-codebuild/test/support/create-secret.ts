import { randomBytes } from "node:crypto";
import type { FakeAws } from "@imagespec/cloud-testbed";

/** As the API takes it; without policies the account does not look at the signature. */
export async function createSecret(fake: FakeAws, name: string, value: string): Promise<void> {
  const scope = `test/20260101/${fake.region}/secretsmanager/aws4_request`;
  const response = await fetch(fake.endpoints.secretsmanager, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.CreateSecret",
      "x-amz-date": "20260101T000000Z",
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ Name: name, SecretString: value, ClientRequestToken: randomBytes(16).toString("hex") }),
  });
  if (!response.ok) throw new Error(`CreateSecret: ${response.status} ${await response.text()}`);
}
