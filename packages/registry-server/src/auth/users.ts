import { createHash, timingSafeEqual } from "node:crypto";
import type { RegistryAuthOptions } from "../options.ts";

/** Somebody who may do something: a user, or everybody when `name` is missing. */
export interface Subject {
  readonly name: string | undefined;
  readonly mayWrite: boolean;
}

/** Checks passwords. */
export interface Users {
  /** The subject of an `Authorization: Basic` header; `undefined` when name or password are wrong, or it is another header. */
  authenticate(authorization: string | undefined): Subject | undefined;
  authenticatePassword(name: string, password: string): Subject | undefined;
  /** A user by name, without a password. */
  find(name: string): Subject | undefined;
}

/** The {@link Users} of the options. */
export function createUsers({ users, readers = [] }: RegistryAuthOptions): Users {
  const passwords = new Map(Object.entries(users));

  function find(name: string): Subject | undefined {
    return passwords.has(name) ? { name, mayWrite: !readers.includes(name) } : undefined;
  }

  function authenticatePassword(name: string, password: string): Subject | undefined {
    // Compared even for an unknown name, so that the time does not tell which names exist.
    const matches = timingSafeEqual(sha256(password), sha256(passwords.get(name) ?? ""));
    return matches ? find(name) : undefined;
  }

  return {
    find,
    authenticatePassword,
    authenticate(authorization) {
      const encoded = /^basic\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
      if (encoded === undefined) return undefined;
      const [, name, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
      return name === undefined || password === undefined ? undefined : authenticatePassword(name, password);
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
