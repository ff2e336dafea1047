import { freePort } from "@imagespec/test-support";
import { answersHttp, type Launched, launch } from "../../shared/launch.ts";
import { type PythonTool, pythonTool } from "../../shared/python-tool.ts";

/** A server with S3, STS, CloudWatch Logs, Secrets Manager and Parameter Store. */
export interface Backing {
  readonly url: string;
  /** Folder of Python modules that botocore's descriptions of the services are in. */
  readonly modules: string;
  stop(): Promise<void>;
}

export type BackingName = "ministack" | "moto";

export interface BackingOptions {
  readonly name: BackingName;
  readonly accountId: string;
  readonly region: string;
  /** Whether signatures and policies are checked; only ministack can. */
  readonly iam: boolean;
}

const requirements: Readonly<Record<BackingName, readonly string[]>> = {
  ministack: ["ministack==1.5.33", "botocore==1.43.106"],
  moto: ["moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "botocore==1.43.106"],
};

/** @throws ENGINE_DOWN when it does not start */
export async function startBacking(options: BackingOptions): Promise<Backing> {
  const tool = await pythonTool(requirements[options.name]);
  // Between asking for a free port and taking it another process may take it.
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { port, launched } = await start(options, tool);
      return { url: `http://127.0.0.1:${port}`, modules: tool.folder, stop: launched.stop };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function start(
  { name, accountId, region, iam }: BackingOptions,
  tool: PythonTool,
): Promise<{ readonly port: number; readonly launched: Launched }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const launched =
    name === "moto"
      ? await launch({
          name,
          argv: [...tool.command, "moto.server", "-H", "127.0.0.1", "-p", String(port)],
          env: { ...tool.env, MOTO_ACCOUNT_ID: accountId, AWS_DEFAULT_REGION: region },
          ready: () => answersHttp(`${url}/moto-api/`),
        })
      : await launch({
          name,
          argv: [...tool.command, "ministack"],
          env: {
            ...tool.env,
            GATEWAY_PORT: String(port),
            BIND_HOST: "127.0.0.1",
            LOG_LEVEL: "WARNING",
            AUTH: String(iam),
            MINISTACK_ACCOUNT_ID: accountId,
            MINISTACK_REGION: region,
          },
          ready: () => answersHttp(`${url}/_ministack/health`),
        });
  return { port, launched };
}
