import type { Clock } from "../../src/base/clock.ts";
import { defineConfig, type LockstepConfigInput } from "../../src/config/config.ts";
import { policyOf } from "../../src/janitor/plan/policy.ts";
import { type JanitorOptions, runJanitor } from "../../src/janitor/run-janitor.ts";
import type { Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { createLifecycle } from "../../src/lifecycle/lifecycle.ts";
import { createFakeAws } from "../lifecycle/fake-aws.ts";
import { sampleConfig, sampleOutputs } from "../lifecycle/samples.ts";

/**
 * An app in the fake AWS, with a clock that only the test and the janitor's waits advance.
 *
 * @param change changes of its configuration
 */
export function createStage(change: Partial<LockstepConfigInput> = {}) {
  const clock = { now: 1_800_000_000_000 };
  const aws = createFakeAws({ now: () => clock.now });
  const config = defineConfig({ ...sampleConfig(), ...change } as LockstepConfigInput);
  const virtual: Clock = {
    now: () => clock.now,
    sleep: async (ms) => {
      clock.now += ms;
    },
  };
  const lifecycleOf = (pid: number) =>
    createLifecycle({
      config,
      outputs: sampleOutputs,
      clients: aws.clients,
      process: { host: "elsewhere", pid },
      clock: virtual,
    });
  const lifecycle = lifecycleOf(1);
  const options: JanitorOptions = {
    config,
    outputs: sampleOutputs,
    clients: aws.clients,
    lifecycle,
    clock: virtual,
    deadline: Number.POSITIVE_INFINITY,
    log: () => {},
  };
  return {
    aws,
    clock,
    config,
    policy: policyOf(config),
    lifecycle,
    options,
    run: (more: Partial<JanitorOptions> = {}) => runJanitor({ ...options, ...more }),
    apply: (events: LedgerEvent[]): Promise<Ledger> => lifecycle.apply(events, { actor: "test" }),
    /** Creates the resources of a version, as a release does. */
    async make(id: string, assets: string[]) {
      aws.stacks.set(`shop-v-${id}`, "CREATE_COMPLETE");
      aws.services.set(id, { desired: 2, running: 2 });
      aws.fewest.set(id, config.api.minTasks);
      const keys = [`builds/${id}/index.html`, ...assets.map((name) => `assets/${name}`)];
      for (const key of keys)
        aws.objects.set(`web/${key}`, { body: key, etag: '"1"', at: clock.now, input: {} });
      await lifecycle.manifests.write(id, new Map(keys.map((key) => [key, "1"])));
    },
    files: () =>
      [...aws.objects.keys()]
        .filter((key) => key.startsWith("web/"))
        .map((key) => key.slice(4))
        .sort(),
  };
}
