import { GrpcError, grpcCodes } from "../protocol/grpc-error.ts";
import { type GrpcHandler, unaryHandler } from "../protocol/grpc-server.ts";
import type { Messages } from "../protocol/messages.ts";

/** Tells the daemon that we are still there: without it every daemon drops the session after one to ten seconds. */
export function healthHandler(messages: Messages): GrpcHandler {
  return unaryHandler(messages.Empty, messages.HealthCheckResponse, () => Promise.resolve({ status: 1 }));
}

/** Hands out secrets by their id. */
export function secretHandler(
  messages: Messages,
  secret: (id: string) => Promise<Uint8Array | undefined>,
): GrpcHandler {
  return unaryHandler(messages.GetSecretRequest, messages.GetSecretResponse, async ({ ID: id }) => {
    const data = await secret(id);
    // Daemons also ask for ids of their own (HTTP_AUTH_…) and go on without.
    if (data === undefined) throw new GrpcError(grpcCodes.notFound, `secret ${id} not found`);
    return { data };
  });
}

/** Hands out the login for a host. An empty answer means none; the daemon fetches tokens by itself, since no other method is served. */
export function credentialsHandler(
  messages: Messages,
  credentials: (host: string) => Promise<{ readonly username: string; readonly secret: string } | undefined>,
): GrpcHandler {
  return unaryHandler(messages.CredentialsRequest, messages.CredentialsResponse, async ({ Host: host }) => {
    const login = await credentials(host);
    return login === undefined ? {} : { Username: login.username, Secret: login.secret };
  });
}

/** Takes the archive that an exporter sends. */
export function receiveHandler(
  messages: Messages,
  receive: (archive: AsyncIterable<Uint8Array>) => Promise<void>,
): GrpcHandler {
  return async (call) => {
    const incoming = call.messages[Symbol.asyncIterator]();
    async function* archive(): AsyncGenerator<Uint8Array> {
      // By hand: leaving a `for await` early would break off the call, and with it the build.
      for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) {
        const { data } = messages.BytesMessage.decode(next.value);
        if (data.length > 0) yield data;
      }
    }
    await receive(archive());
    while ((await incoming.next()).done !== true);
  };
}
