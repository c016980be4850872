import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/**
 * Returns a name for the place in which process ids are unique. Two processes with the same name can check whether the
 * other is alive. On Linux it contains the boot and the process namespace, because containers can share a host name,
 * and each has its own pid 1. On other systems it contains the host name and a network address, because many laptops
 * have the same host name.
 */
export function machineName(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()}/${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const mac = addresses.find((address) => !address.internal)?.mac ?? "no-address";
    return `${hostname()}/${mac}`;
  }
}
