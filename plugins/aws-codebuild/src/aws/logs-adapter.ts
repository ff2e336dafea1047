import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { awsErrorName, callAws } from "./aws-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { LogsPort } from "./ports.ts";

/** Amazon CloudWatch Logs, with the one call that this plugin uses. */
export function logsAdapter(settings: ClientSettings): LogsPort {
  const client = new CloudWatchLogsClient(settings);
  return {
    async events({ group, stream, token }, { signal } = {}) {
      const command = new GetLogEventsCommand({
        logGroupName: group,
        logStreamName: stream,
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      });
      try {
        const { events, nextForwardToken } = await client.send(
          command,
          signal === undefined ? {} : { abortSignal: signal },
        );
        return {
          messages: (events ?? []).map(({ message }) => message ?? ""),
          token: nextForwardToken ?? token ?? "",
        };
      } catch (error) {
        if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
        const resource = `log-group:${group}:log-stream:${stream}`;
        return callAws({ action: "logs:GetLogEvents", resource, region: settings.region, signal }, () =>
          Promise.reject(error),
        );
      }
    },
  };
}
