import { readHistory } from "@lockstep/infra/rehearsal";
import { readLedger } from "./checks.ts";
import { Run } from "./run.ts";
import type { Stage } from "./stage.ts";

/** Fills the history of the ledger, so that the next changes move entries to separate objects. Needs two versions. */
export async function fillHistory({ world, watch }: Pick<Stage, "world" | "watch">): Promise<void> {
  const id = Object.keys(watch.ledger!.versions).find((each) => each !== watch.ledger!.current)!;
  const back = Array.from({ length: 95 }, () => [
    { type: "drain", id } as const,
    { type: "revive", id } as const,
  ]);
  const run = new Run(world);
  await run.finish(() => run.lifecycle.apply(back.flat(), { actor: "test" }));
}

/** 9. Every change that was ever written is in the history: in the ledger, or in the objects beside it. */
export async function checkHistory({ world, watch }: Pick<Stage, "world" | "watch">): Promise<void> {
  const { clients } = new Run(world);
  const ledger = await readLedger(world);
  const entries = await world.time.until(() => readHistory(ledger!, { s3: clients.s3, bucket: "state" }));
  const kept = new Map(entries.map((entry) => [entry.revision, JSON.stringify(entry)]));
  for (const [revision, text] of watch.history)
    if (kept.get(revision) !== text) watch.violate(`9. the history lost ${text}`);
  if (entries.length !== ledger!.revision)
    watch.violate(`9. ${entries.length} entries for ${ledger!.revision} changes`);
}
