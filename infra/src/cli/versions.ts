import { describeServices } from "../aws/services.ts";
import { nextCommand } from "./next-command.ts";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { renderTable, toRows } from "./versions-table.ts";

/** `lockstep versions` */
export async function showVersions({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async ({ config, clients, outputs, lifecycle, clock }) => {
    const ledger = await lifecycle.store.read();
    const services = await describeServices(
      Object.values(ledger.versions)
        .filter(({ slot }) => slot !== undefined)
        .map(({ service }) => service),
      { ecs: clients.ecs, clusterName: outputs.clusterName },
    );
    const versions = toRows(ledger, services, config);
    if (json) {
      io.out(
        `${JSON.stringify({ app: config.app, revision: ledger.revision, current: ledger.current, versions })}\n`,
      );
      return;
    }
    const first = `${config.app} in ${config.region}: ${ledger.current ? `current is ${ledger.current}` : "nothing was released yet"}`;
    const next = ledger.current ? "npm run lockstep -- janitor plan" : "npm run release";
    const table = versions.length === 0 ? "" : `\n${renderTable(versions, clock.now(), io.color)}`;
    io.out(`${first}\n${table}\nNext: ${nextCommand(next, io.environment)}\n`);
  });
}
