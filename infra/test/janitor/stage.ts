import { createHash } from "node:crypto";
import { createStack } from "../../src/aws/stacks.ts";
import { defineConfig, type LockstepConfigInput } from "../../src/config/config.ts";
import { synthVersionStack } from "../../src/constructs/version-stack.ts";
import { policyOf } from "../../src/janitor/plan/policy.ts";
import { type JanitorOptions, runJanitor } from "../../src/janitor/run-janitor.ts";
import type { Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { createLifecycle } from "../../src/lifecycle/lifecycle.ts";
import { sampleConfig } from "../lifecycle/samples.ts";
import { memoised } from "../support/memoised-stack.ts";
import { openAws } from "../support/open-aws.ts";

const synthesise = memoised(synthVersionStack);

/**
 * An app on the local AWS in memory. Its clock moves only when the test skips time and while the janitor waits.
 *
 * @param change differences from the sample configuration
 */
export async function createStage(change: Partial<LockstepConfigInput> = {}) {
  const aws = await openAws();
  const { time, outputs } = aws;
  const config = defineConfig({ ...sampleConfig(), ...change } as LockstepConfigInput);
  const clock = { now: time.now, sleep: (ms: number) => time.until(() => time.sleep(ms)) };
  const lifecycle = createLifecycle({
    config,
    outputs,
    clients: aws.clients,
    process: { host: "elsewhere", pid: 1 },
    clock,
  });
  const options: JanitorOptions = {
    config,
    outputs,
    clients: aws.clients,
    lifecycle,
    clock,
    deadline: Number.POSITIVE_INFINITY,
    log: () => {},
  };
  // One image for all versions. Its tag is not a version id, so the janitor leaves it.
  const image = `${outputs.imageRepositoryUri}@${await aws.pushImage("every-version")}`;
  const targetGroupArns = new Map<string, string>();
  let stacks = 0;
  async function createVersionStack(id: string): Promise<void> {
    const slot = ++stacks;
    const stack = synthesise({ app: "shop", id, slot, image, desiredCount: 2, config, outputs });
    const { stackName: StackName, templateBody: TemplateBody, tags: Tags } = stack;
    const { cloudformation } = aws.direct;
    const made = await createStack({ StackName, TemplateBody, Tags }, { cloudformation, clock });
    targetGroupArns.set(id, made.TargetGroupArn!);
  }
  return {
    aws,
    time,
    config,
    policy: policyOf(config),
    lifecycle,
    options,
    run: (more: Partial<JanitorOptions> = {}) => time.until(() => runJanitor({ ...options, ...more })),
    /** Applies events to the ledger. A version that was made is published with its own target group. */
    apply: (events: LedgerEvent[]): Promise<Ledger> =>
      lifecycle.apply(
        events.map((event) =>
          event.type === "publish"
            ? { ...event, targetGroupArn: targetGroupArns.get(event.id) ?? event.targetGroupArn }
            : event,
        ),
        { actor: "test" },
      ),
    createVersionStack: (id: string) => time.until(() => createVersionStack(id)),
    /** Creates what a release creates for a version: stack, files and manifest. */
    make: (id: string, assets: string[]) =>
      time.until(async () => {
        await createVersionStack(id);
        const keys = [`builds/${id}/index.html`, ...assets.map((name) => `assets/${name}`)];
        const Metadata = { "lockstep-version": id };
        for (const key of keys)
          await aws.objects.put(outputs.webBucket, key, key, key.endsWith(".html") ? { Metadata } : {});
        await lifecycle.manifests.write(id, new Map(keys.map((key) => [key, md5(key)])));
      }),
    files: () => aws.objects.keys(outputs.webBucket),
  };
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
