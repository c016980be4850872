import type { PlatformOutputs } from "../../src/base/outputs.ts";
import { defineConfig, type LockstepConfig } from "../../src/config/config.ts";
import { emptyLedger, type Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent, VersionPlan } from "../../src/lifecycle/ledger-event.ts";
import { applyEvent } from "../../src/lifecycle/transitions.ts";

/** The id of the nth version, oldest first. */
export function idOf(n: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `20261122-${two(Math.floor(n / 60))}${two(n % 60)}00-1f3a9c2`;
}

function planOf(id: string): VersionPlan {
  return {
    git: { commit: "1f3a9c2".padEnd(40, "0"), dirty: false },
    image: `registry/app@sha256:${"0".repeat(64)}`,
    files: 3,
    host: `${id}.shop.internal`,
    targetGroup: `ls-${id}`,
    stack: `shop-v-${id}`,
    service: id,
  };
}

export function targetGroupArnOf(id: string): string {
  return `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ls-${id}/73e2d6bc24d8a067`;
}

export function deployOf(id: string, maxVersions = 90): LedgerEvent {
  return { type: "deploy", id, plan: planOf(id), maxVersions };
}

/** The events that make a version current. */
export function releaseOf(id: string): LedgerEvent[] {
  return [
    deployOf(id),
    { type: "publish", id, targetGroupArn: targetGroupArnOf(id) },
    { type: "promote", id },
  ];
}

export function ledgerAfter(events: readonly LedgerEvent[], now = 0, from: Ledger = emptyLedger()): Ledger {
  return events.reduce((ledger, event) => applyEvent(ledger, event, { actor: "test" }, now), from);
}

export function sampleConfig(protection: Record<string, unknown> = {}): LockstepConfig {
  return defineConfig({
    app: "shop",
    region: "eu-west-1",
    web: { folder: "web", build: "true", output: "dist" },
    api: {
      folder: "api",
      build: "true",
      output: "dist",
      image: { kind: "docker", dockerfile: "Dockerfile" },
    },
    protection: { windowSeconds: "24h", graceSeconds: "1h", idleSeconds: "30m", ...protection },
    edge: { mapTtlSeconds: "5s" },
  });
}

export const sampleOutputs = {
  webBucket: "web",
  stateBucket: "state",
  mapParameter: "/lockstep/shop/version-map",
  keyValueStoreArn: "arn:aws:cloudfront::123456789012:key-value-store/1",
  distributionDomain: "d1.cloudfront.net",
  loadBalancerArn:
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
  clusterName: "shop",
  imageRepositoryUri: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop",
  janitorFunctionName: "shop-janitor",
} as PlatformOutputs;
