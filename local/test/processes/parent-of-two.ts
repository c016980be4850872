/** A process that starts two children, prints their ids, and waits to be killed. */
import { createProcesses } from "../../src/processes/processes.ts";

const processes = createProcesses();
for (let count = 0; count < 2; count++) {
  const { pid } = processes.start({
    command: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)"],
    cwd: "/",
    env: {},
  });
  console.log(pid);
}
