import { messageType } from "./cloud-build-protos.ts";
import { jsonToMessage } from "./json-to-message.ts";

/**
 * Holds an object, as the client library takes it, to a message of Cloud Build v1: its names, its types and the names of enums.
 *
 * @param type short name: `Build`, `CreateBuildRequest`
 * @throws GoogleError INVALID_ARGUMENT with the place of what is wrong
 */
export function assertCloudBuildMessage(type: string, value: object): void {
  jsonToMessage(messageType(type), value, "", "object");
}
