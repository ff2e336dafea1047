// The part of the AWS CLI that builds use, on nothing but Node.js: `aws ecr get-login-password`, `aws sts get-caller-identity`, and
// every operation of ECR, CodeBuild, Secrets Manager, Parameter Store and CloudWatch Logs whose parameters are texts.
// Credentials come from the environment or the container credentials endpoint, the address from AWS_ENDPOINT_URL.
import { createHash, createHmac } from "node:crypto";
import { env } from "node:process";

const services = {
  ecr: "AmazonEC2ContainerRegistry_V20150921",
  codebuild: "CodeBuild_20161006",
  secretsmanager: "secretsmanager",
  ssm: "AmazonSSM",
  logs: "Logs_20140328",
};

async function credentials() {
  if (env.AWS_ACCESS_KEY_ID) {
    return { key: env.AWS_ACCESS_KEY_ID, secret: env.AWS_SECRET_ACCESS_KEY, token: env.AWS_SESSION_TOKEN };
  }
  const source = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  const response = source ? await fetch(source) : undefined;
  if (!response?.ok)
    stop(253, 'Unable to locate credentials. You can configure credentials by running "aws configure".');
  const given = await response.json();
  return { key: given.AccessKeyId, secret: given.SecretAccessKey, token: given.Token };
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

function sign({ key, secret, token }, url, headers, body, service, region) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const all = { ...headers, host: url.host, "x-amz-date": time, ...(token && { "x-amz-security-token": token }) };
  const names = Object.keys(all).sort();
  const canonical = [
    "POST",
    url.pathname,
    "",
    ...names.map((name) => `${name}:${all[name]}`),
    "",
    names.join(";"),
    sha256(body),
  ];
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical.join("\n"))].join("\n");
  const signing = [date, region, service, "aws4_request"].reduce(hmac, `AWS4${secret}`);
  const signature = hmac(signing, text).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...all, authorization };
}

async function post(service, headers, body) {
  const url = new URL(env.AWS_ENDPOINT_URL);
  const region = parameters.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (!region) stop(253, 'You must specify a region. You can also configure your region by running "aws configure".');
  const { host: _, ...signed } = sign(await credentials(), url, headers, body, service, region);
  const response = await fetch(url, { method: "POST", headers: signed, body });
  return { ok: response.ok, text: await response.text() };
}

function stop(code, message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(code);
}

const camel = (text) => text.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const pascal = (text) => camel(`-${text}`);
const [service = "", command = "", ...rest] = process.argv
  .slice(2)
  .filter((word) => !["--no-cli-pager"].includes(word));
const parameters = {};
for (let at = 0; at < rest.length; at += 2) {
  if (!rest[at].startsWith("--")) stop(252, `Unknown options: ${rest[at]}`);
  parameters[camel(rest[at].slice(2))] = rest[at + 1];
}

if (service === "sts" && command === "get-caller-identity") {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const { ok, text } = await post("sts", headers, "Action=GetCallerIdentity&Version=2011-06-15");
  const value = (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  if (!ok)
    stop(254, `An error occurred (${value("Code")}) when calling the GetCallerIdentity operation: ${value("Message")}`);
  const identity = { UserId: value("UserId"), Account: value("Account"), Arn: value("Arn") };
  process.stdout.write(`${JSON.stringify(identity, undefined, 4)}\n`);
} else if (Object.hasOwn(services, service)) {
  const login = service === "ecr" && command === "get-login-password";
  const operation = login ? "GetAuthorizationToken" : pascal(command);
  const { region: _, output: __, ...given } = parameters;
  const upper = service === "secretsmanager" || service === "ssm";
  const input = Object.fromEntries(Object.entries(given).map(([name, value]) => [upper ? pascal(name) : name, value]));
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${services[service]}.${operation}` };
  const { ok, text } = await post(service, headers, JSON.stringify(input));
  const answer = JSON.parse(text || "{}");
  if (!ok)
    stop(
      254,
      `An error occurred (${answer.__type?.split("#").at(-1)}) when calling the ${operation} operation: ${answer.message}`,
    );
  if (login)
    process.stdout.write(
      `${Buffer.from(answer.authorizationData[0].authorizationToken, "base64").toString().slice(4)}\n`,
    );
  else process.stdout.write(`${JSON.stringify(answer, undefined, 4)}\n`);
} else {
  stop(252, `aws: error: the test-bed has no command "${service} ${command}"`);
}
