import type { AwsPorts } from "../aws/ports.ts";

interface Login {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
}

/** Logins of ECR by region, which serve every registry of it: used until shortly before they expire, and asked for once at a time. */
export class LoginCache {
  readonly #aws: Pick<AwsPorts, "ecr">;
  readonly #now: () => number;
  readonly #logins = new Map<string, Promise<Login>>();

  constructor(aws: Pick<AwsPorts, "ecr">, now: () => number = Date.now) {
    this.#aws = aws;
    this.#now = now;
  }

  /** `refresh`: the one that was given last was refused. @throws CLOUD_… */
  async get(region: string | undefined, refresh: boolean): Promise<Login> {
    const key = region ?? "";
    const known = this.#logins.get(key);
    if (known !== undefined) {
      const login = await known.catch(() => undefined);
      // Another caller may have renewed it meanwhile: then that one counts.
      const isCurrent = this.#logins.get(key) === known;
      if (!isCurrent) return this.get(region, false);
      if (login !== undefined && !refresh && login.expiresAt - this.#now() > 10 * 60_000) return login;
    }
    const asked = this.#ask(region);
    this.#logins.set(key, asked);
    return asked;
  }

  async #ask(region: string | undefined): Promise<Login> {
    // Without the caller's signal: others wait for the same answer.
    return (await this.#aws.ecr(region)).authorizationToken();
  }
}
