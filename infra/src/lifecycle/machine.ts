import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/**
 * Names the place in which process ids mean something: two runs with the same name can see whether the other lives. On
 * Linux the boot and the process namespace (containers share host names, and each has its own pid 1); elsewhere the host
 * name and a network address, because many laptops are called the same.
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
