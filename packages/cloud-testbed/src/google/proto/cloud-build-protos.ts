import { createRequire } from "node:module";
import protobuf, { type INamespace, type Type } from "protobufjs";

const packageName = "google.devtools.cloudbuild.v1";

// The client package ships the compiled protos for its own use; they also hold google.longrunning and google.rpc.Status.
const json = createRequire(import.meta.url)("@google-cloud/cloudbuild/build/protos/protos.json") as INamespace;
const root = protobuf.Root.fromJSON(json);
root.resolveAll();

/** A message type of Cloud Build v1 by its short name (`Build`, `CreateBuildRequest`), or any other by its full name. */
export function messageType(name: string): Type {
  return root.lookupType(name.includes(".") ? name : `${packageName}.${name}`);
}

/** Full name without the leading dot, as it stands in an `Any`. */
export function typeName(type: Type): string {
  return type.fullName.replace(/^\./, "");
}

/** A message as a plain object: enums by name (by number where the name is not known), 64-bit integers as text. */
export function toPlain(type: Type, bytes: Uint8Array): object {
  return type.toObject(type.decode(bytes), { enums: String, longs: String, bytes: Buffer });
}

/** The bytes of a plain object. */
export function toBytes(type: Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/** A message inside of a `google.protobuf.Any`. */
export function toAny(type: Type, message: object): object {
  return { type_url: `type.googleapis.com/${typeName(type)}`, value: toBytes(type, message) };
}
