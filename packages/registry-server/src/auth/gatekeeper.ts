import type { Exchange } from "../http/exchange.ts";
import { RegistryFailure } from "../http/registry-failure.ts";
import type { RegistryAuthOptions } from "../options.ts";
import { type Access, covers, formatScope, parseScopes } from "./access.ts";
import { createTokenSigner } from "./token.ts";
import { createUsers, type Subject } from "./users.ts";

const service = "imagespec-registry";
const defaultTokenLifetimeSeconds = 300;
const everybody: Subject = { name: undefined, mayWrite: false };

/** Lets requests in or not. */
export interface Gatekeeper {
  /**
   * Passes when the client may do all that `needed` says; a ping needs nothing but to be somebody.
   *
   * @throws RegistryFailure 401 with a challenge when other credentials could help, 403 when the user is known and may not
   */
  require(exchange: Exchange, needed: readonly Access[]): void;
  /** Answers `/token`; `undefined` when there are no tokens. */
  readonly sendToken: ((exchange: Exchange) => Promise<void>) | undefined;
}

/** The {@link Gatekeeper} for a registry's options. */
export function createGatekeeper(auth: RegistryAuthOptions | undefined): Gatekeeper {
  if (auth === undefined) return { require: () => {}, sendToken: undefined };
  return auth.scheme === "token" ? createTokenGatekeeper(auth) : createBasicGatekeeper(auth);
}

function createBasicGatekeeper(auth: RegistryAuthOptions): Gatekeeper {
  const users = createUsers(auth);
  const challenge = `Basic realm="${service}"`;

  return {
    require(exchange, needed) {
      const authorization = exchange.header("Authorization");
      const anonymous = authorization === undefined && auth.anonymousPull === true;
      const subject = anonymous ? everybody : users.authenticate(authorization);
      if (subject === undefined) throw unauthorized(challenge, authorization !== undefined);
      const refused = needed.find((access) => !permitted(subject, access));
      if (refused === undefined) return;
      throw subject.name === undefined ? unauthorized(challenge, false) : denied(subject, refused);
    },
    sendToken: undefined,
  };
}

function createTokenGatekeeper(auth: RegistryAuthOptions): Gatekeeper {
  const users = createUsers(auth);
  const lifetime = auth.tokenLifetimeSeconds ?? defaultTokenLifetimeSeconds;
  const signer = createTokenSigner(service, lifetime);

  return {
    require(exchange, needed) {
      const bearer = /^bearer\s+(\S+)\s*$/i.exec(exchange.header("Authorization") ?? "")?.[1];
      const challenge = [
        `Bearer realm="${exchange.origin}/token"`,
        `service="${service}"`,
        ...(needed.length === 0 ? [] : [`scope="${needed.map(formatScope).join(" ")}"`]),
      ].join(",");
      if (bearer === undefined) throw unauthorized(challenge, false);
      const claims = signer.verify(bearer);
      if (claims === undefined) throw unauthorized(`${challenge},error="invalid_token"`, true);
      const refused = needed.filter((access) => !covers(claims.access, access));
      if (refused.length === 0) return;
      const subject = claims.sub === "" ? everybody : users.find(claims.sub);
      const hopeless = refused.find((access) => subject?.name !== undefined && !permitted(subject, access));
      // A token for less than the user may do: another one helps, and 401 is what makes clients fetch it.
      if (hopeless === undefined) throw unauthorized(`${challenge},error="insufficient_scope"`, true);
      throw denied(subject, hopeless);
    },

    async sendToken(exchange) {
      const { subject, scopes } = await readTokenRequest(exchange, auth, users);
      const access = parseScopes(scopes).map((asked) => ({
        ...asked,
        actions: asked.actions.filter((action) => permitted(subject, { ...asked, actions: [action] })),
      }));
      const { token, issuedAt } = signer.sign(subject.name ?? "", access);
      const body = { token, access_token: token, expires_in: lifetime, issued_at: issuedAt.toISOString() };
      exchange.send(
        200,
        { "Content-Type": "application/json", "Cache-Control": "no-store" },
        Buffer.from(JSON.stringify(body)),
      );
    },
  };
}

/** `GET /token` with basic credentials or none, and the OAuth 2 form `POST /token` with a password. */
async function readTokenRequest(
  exchange: Exchange,
  auth: RegistryAuthOptions,
  users: ReturnType<typeof createUsers>,
): Promise<{ readonly subject: Subject; readonly scopes: readonly string[] }> {
  const authorization = exchange.header("Authorization");
  let scopes = exchange.query.getAll("scope");
  let subject = users.authenticate(authorization);
  let anonymous = authorization === undefined;
  if (exchange.method === "POST") {
    const form = await readForm(exchange);
    scopes = form.getAll("scope");
    if (form.get("grant_type") === "password") {
      subject = users.authenticatePassword(form.get("username") ?? "", form.get("password") ?? "");
      anonymous = false;
    } else if (subject === undefined) {
      throw new RegistryFailure(400, {
        code: "UNSUPPORTED",
        message: `the grant type "${form.get("grant_type") ?? ""}" is not "password"`,
      });
    }
  }
  if (subject === undefined && anonymous && auth.anonymousPull === true) subject = everybody;
  if (subject === undefined) throw unauthorized(`Basic realm="${service}"`, !anonymous);
  return { subject, scopes };
}

const maxFormSize = 64 * 1024;

async function readForm(exchange: Exchange): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of exchange.body()) {
    text += Buffer.from(chunk).toString("latin1");
    if (text.length > maxFormSize) {
      throw new RegistryFailure(413, { code: "SIZE_INVALID", message: `the form is larger than ${maxFormSize} bytes` });
    }
  }
  return new URLSearchParams(text);
}

function permitted(subject: Subject, needed: Access): boolean {
  if (subject.mayWrite) return true;
  if (needed.type === "registry") return subject.name !== undefined;
  return needed.actions.every((action) => action === "pull");
}

function unauthorized(challenge: string, hadCredentials: boolean): RegistryFailure {
  return new RegistryFailure(
    401,
    {
      code: "UNAUTHORIZED",
      message: hadCredentials ? "these credentials are not enough" : "credentials are needed",
    },
    { "WWW-Authenticate": challenge },
  );
}

function denied(subject: Subject | undefined, needed: Access): RegistryFailure {
  return new RegistryFailure(403, {
    code: "DENIED",
    message: `user "${subject?.name}" may not ${needed.actions.join(" and ")} here`,
    detail: { scope: formatScope(needed) },
  });
}
