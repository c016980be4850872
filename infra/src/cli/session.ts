import { userInfo } from "node:os";
import { createAwsClients, destroyAwsClients } from "../aws/clients.ts";
import { systemClock } from "../base/clock.ts";
import { readPlatformOutputs } from "../base/outputs.ts";
import { loadConfig } from "../config/config.ts";
import { createLifecycle } from "../lifecycle/lifecycle.ts";
import { machineName } from "../lifecycle/machine.ts";
import type { ReadContext } from "../versions/context.ts";
import { readAccount } from "./caller.ts";

/** What the commands read with. */
export type Session = ReadContext;

/** Runs a command on the configured app and closes the connections afterwards. */
export async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const config = await loadConfig();
  if (config.account !== undefined) await readAccount(config);
  const clients = createAwsClients(config.region);
  try {
    const outputs = await readPlatformOutputs(clients.cloudformation, config.app);
    const clock = systemClock;
    const identity = { host: machineName(), pid: process.pid };
    const lifecycle = createLifecycle({ config, outputs, clients, process: identity, clock });
    return await work({ config, clients, outputs, lifecycle, clock });
  } finally {
    destroyAwsClients(clients);
  }
}

/** Who acts, for the history: the person who started the CI run, else the user of this machine. */
export function actorName(environment: NodeJS.ProcessEnv): string {
  const person =
    environment.GITHUB_ACTOR ?? environment.GITLAB_USER_LOGIN ?? environment.BUILDKITE_BUILD_CREATOR;
  return person || environment.USER || environment.USERNAME || userName();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a container can run as a user without a name
  }
}
