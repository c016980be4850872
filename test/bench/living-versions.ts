import { formatVersionId } from "@lockstep/edge/version-id";
import { hostOf } from "@lockstep/edge/version-map";
import pLimit from "p-limit";
import { createStack } from "../../infra/src/aws/stacks.ts";
import { serviceName, targetGroupName, versionStackName } from "../../infra/src/base/version-names.ts";
import { synthVersionStack } from "../../infra/src/constructs/version-stack.ts";
import type { LedgerEvent } from "../../infra/src/lifecycle/ledger-event.ts";
import type { ReadContext } from "../../infra/src/versions/context.ts";

const AT_ONCE = 6;
const ACTOR = "bench";

/**
 * Adds superseded versions until the ledger has `count` versions. Creates stacks, manifests and ledger entries as
 * releases do, with the files and the image of the current version, which stays current.
 */
export async function growTo(
  count: number,
  { config, clients, outputs, lifecycle, clock }: ReadContext,
): Promise<void> {
  const ledger = await lifecycle.store.read();
  const current = ledger.current!;
  const { image, files, git } = ledger.versions[current]!;
  const manifest = (await lifecycle.manifests.read(current))!;
  const missing = count - Object.keys(ledger.versions).length;
  const limit = pLimit(AT_ONCE);
  const oldest = Date.parse("2026-01-01T00:00:00Z") + Object.keys(ledger.versions).length * 1000;
  const add = async (index: number) => {
    const id = formatVersionId(oldest + index * 1000, git.commit);
    const lease = await lifecycle.leases.take(id); // without a lease the janitor would end the release
    await lifecycle.manifests.write(id, manifest);
    const plan = {
      git,
      image,
      files,
      host: hostOf(id, config.edge.hostSuffix),
      targetGroup: targetGroupName(id),
      stack: versionStackName(config.app, id),
      service: serviceName(id),
    };
    const entered = await lifecycle.apply({ type: "deploy", id, plan, maxVersions: 90 }, { actor: ACTOR });
    const slot = entered.versions[id]!.slot!;
    const stack = synthVersionStack({ app: config.app, id, slot, image, desiredCount: 1, config, outputs });
    const made = await createStack(
      { StackName: stack.stackName, TemplateBody: stack.templateBody, Tags: stack.tags },
      { cloudformation: clients.cloudformation, clock },
    );
    const events: LedgerEvent[] = [
      { type: "publish", id, targetGroupArn: made.TargetGroupArn! },
      { type: "promote", id },
    ];
    await lifecycle.apply(events, { actor: ACTOR });
    await lease!.end();
  };
  await Promise.all(Array.from({ length: missing }, (_, index) => limit(() => add(index))));
  if (missing > 0) await lifecycle.apply({ type: "promote", id: current }, { actor: ACTOR });
  await lifecycle.publishMap();
  await lifecycle.writePointer();
}
