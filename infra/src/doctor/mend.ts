import { scaleTo } from "../aws/services.ts";
import { deleteStack } from "../aws/stacks.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { parseStatus } from "../lifecycle/project-pointer.ts";
import type { OperationContext } from "../operations/context.ts";
import { isLeftOver } from "../release/leftovers.ts";
import { verifyTargets } from "../release/verify-targets.ts";
import { versionStackName } from "../version/version-names.ts";
import type { Mend } from "./diagnose.ts";
import type { Facts } from "./facts.ts";
import { restoreLedger } from "./ledger-backups.ts";

/** How long a mend waits for tasks to come up. */
const PATIENCE_MS = 45_000;

/** Does what a finding says can be done. @returns what was done, in words */
export async function mendFinding(mend: Mend, facts: Facts, context: OperationContext): Promise<string> {
  const { config, clients, outputs, lifecycle, clock, actor } = context;
  switch (mend.do) {
    case "restore-ledger": {
      const bucket = { s3: clients.s3, bucket: outputs.stateBucket };
      const { backup } = facts;
      if (backup === undefined)
        throw new LockstepError("LEDGER_DAMAGED", "The bucket has no version that can be read.");
      const seen = Math.max(facts.map?.r ?? 0, parseStatus(facts.pointer.status)?.r ?? 0);
      const ledger = await restoreLedger(backup, { seen, actor, now: clock.now() }, bucket);
      await lifecycle.publishMap();
      await lifecycle.writePointer();
      return `restored the ledger as revision ${ledger.revision}, and wrote map and pointer from it`;
    }
    case "publish-map":
      return `wrote the map, revision ${(await lifecycle.publishMap()).r}`;
    case "write-pointer":
      // After the map, always: HTML points at what the edge can reach.
      await lifecycle.publishMap();
      await lifecycle.writePointer({ wholeTable: true });
      return "wrote the pointer";
    case "scale-up": {
      // A mend before this one took its time.
      const { service, targetGroupArn, state } = (await lifecycle.store.read()).versions[mend.id]!;
      if (!isRoutable(state)) return `${mend.id} is ${state} by now`;
      const wanted = config.api.minTasks;
      await scaleTo(service, wanted, { ecs: clients.ecs, clusterName: outputs.clusterName });
      const options = {
        elb: clients.elb,
        targetGroupArn: targetGroupArn!,
        wanted,
        clock,
        patienceMs: PATIENCE_MS,
      };
      return verifyTargets(options).then(
        (healthy) => `${healthy} healthy targets of ${mend.id}`,
        // The next look names it.
        (error: Error) => `asked for tasks of ${mend.id}: ${error.message}`,
      );
    }
    case "delete-stack": {
      const name = versionStackName(config.app, mend.id);
      const releases = await lifecycle.leases.list();
      if (!isLeftOver(mend.id, await lifecycle.store.read(), releases)) return `${mend.id} is needed by now`;
      const gone = await deleteStack(name, { cloudformation: clients.cloudformation, clock });
      return gone ? `deleted ${name}` : `${name} is being deleted`;
    }
  }
}
