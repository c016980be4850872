import { scaleTo } from "../aws/services.ts";
import { deleteStack } from "../aws/stacks.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { versionStackName } from "../base/version-names.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import { parseStatus } from "../lifecycle/project-pointer.ts";
import type { OperationContext } from "../versions/context.ts";
import { isLeftOver } from "../versions/leftovers.ts";
import { verifyTargets } from "../versions/verify-targets.ts";
import type { Fix } from "./diagnose.ts";
import type { Facts } from "./facts.ts";
import { restoreLedger } from "./ledger-backups.ts";

/** How long a fix waits for tasks to become healthy. */
const TIMEOUT_MS = 45_000;

/** Carries out the fix of a finding. @returns what was done, as text */
export async function applyFix(fix: Fix, facts: Facts, context: OperationContext): Promise<string> {
  const { config, clients, outputs, lifecycle, clock, actor } = context;
  switch (fix.do) {
    case "restore-ledger": {
      const bucket = { s3: clients.s3, bucket: outputs.stateBucket };
      const { backup } = facts;
      if (backup === undefined)
        throw new LockstepError("LEDGER_DAMAGED", "The bucket has no valid copy of the ledger.");
      const seen = Math.max(facts.map?.r ?? 0, parseStatus(facts.pointer.status)?.r ?? 0);
      const ledger = await restoreLedger(backup, { seen, actor, now: clock.now() }, bucket);
      await lifecycle.publishMap();
      await lifecycle.writePointer();
      return `restored the ledger as revision ${ledger.revision} and wrote map and pointer`;
    }
    case "publish-map":
      return `wrote the map at revision ${(await lifecycle.publishMap()).r}`;
    case "write-pointer":
      // Always after the map: HTML must only name a version that the edge can reach.
      await lifecycle.publishMap();
      await lifecycle.writePointer({ wholeTable: true });
      return "wrote the pointer";
    case "scale-up": {
      // Read again, because an earlier fix may have taken long.
      const { service, targetGroupArn, state } = (await lifecycle.store.read()).versions[fix.id]!;
      if (!isRoutable(state)) return `${fix.id} is ${state} now; nothing was changed`;
      const wanted = config.api.minTasks;
      await scaleTo(service, wanted, { ecs: clients.ecs, clusterName: outputs.clusterName });
      const options = {
        elb: clients.elb,
        targetGroupArn: targetGroupArn!,
        wanted,
        clock,
        timeoutMs: TIMEOUT_MS,
      };
      return verifyTargets(options).then(
        (healthy) => `${healthy} healthy targets of ${fix.id}`,
        (error: Error) => `set the task count of ${fix.id} to ${wanted}: ${error.message}`,
      );
    }
    case "delete-stack": {
      const name = versionStackName(config.app, fix.id);
      const releases = await lifecycle.leases.list();
      if (!isLeftOver(fix.id, await lifecycle.store.read(), releases))
        return `${fix.id} is needed now; nothing was deleted`;
      const deleted = await deleteStack(name, { cloudformation: clients.cloudformation, clock });
      return deleted ? `deleted ${name}` : `${name} is being deleted`;
    }
  }
}
