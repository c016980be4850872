/** The local AWS in this process, without sockets, files and child processes. The caller controls its clock. */
export { AwsError } from "../aws-error.ts";
export type { Cloud, ServiceName } from "../cloud.ts";
export { ConnectionCut, faultError } from "../faults/fault-errors.ts";
export { cloudInMemory } from "./cloud-in-memory.ts";
export type { MemoryContainer, MemoryContainers } from "./memory-containers.ts";
export type { BalancerAnswer, MemoryListener } from "./memory-listener.ts";
export { sdkClients, textOf, type Way } from "./sdk-clients.ts";
export { VirtualTime } from "./virtual-time.ts";
