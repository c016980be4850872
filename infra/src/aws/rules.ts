import {
  DescribeRulesCommand,
  type ElasticLoadBalancingV2Client,
  type Rule,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { allPages } from "./all-pages.ts";

/** Lists the rules of a listener, on all pages. */
export async function* eachRule(
  listenerArn: string,
  elb: Pick<ElasticLoadBalancingV2Client, "send">,
): AsyncGenerator<Rule> {
  const pages = allPages(
    (Marker) => elb.send(new DescribeRulesCommand({ ListenerArn: listenerArn, Marker })),
    (page) => page.NextMarker,
  );
  for await (const page of pages) yield* page.Rules ?? [];
}

/** The hosts that a listener has a rule for, with the priority of the rule. */
export async function listRules(
  listenerArn: string,
  elb: Pick<ElasticLoadBalancingV2Client, "send">,
): Promise<Map<string, string>> {
  const rules = new Map<string, string>();
  for await (const rule of eachRule(listenerArn, elb))
    for (const host of hostsOf(rule)) rules.set(host, rule.Priority ?? "");
  return rules;
}

export function hostsOf({ Conditions = [] }: Rule): string[] {
  return Conditions.flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []);
}
