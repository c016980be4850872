import {
  CreateRuleCommand,
  type CreateRuleCommandInput,
  DeleteRuleCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  type RuleCondition,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createListener,
  createLoadBalancer,
  createTargetGroup,
  FORBIDDEN,
  openStage,
  ruleFor,
  type Stage,
} from "./stage.ts";

let stage: Stage;
let loadBalancerArn: string;
let listenerArn: string;
let groupArn: string;
let made = 0;
beforeAll(async () => {
  stage = await openStage();
});
beforeEach(async () => {
  made++;
  loadBalancerArn = await createLoadBalancer(stage.client, `edge-${made}`);
  listenerArn = await createListener(stage.client, loadBalancerArn);
  groupArn = await createTargetGroup(stage.client, `group-${made}`);
});
afterAll(() => stage.close());

const create = async (input: CreateRuleCommandInput) => {
  const { Rules } = await stage.client.send(new CreateRuleCommand(input));
  return Rules![0]!;
};
const withCondition = (condition: RuleCondition, Priority = 1) =>
  create({ ListenerArn: listenerArn, Priority, Conditions: [condition], Actions: [FORBIDDEN] });
const hosts = (...Values: string[]): RuleCondition => ({ Field: "host-header", Values });

describe("CreateRule", () => {
  it("refuses a priority in use, and priorities outside 1 to 50000", async () => {
    await create(ruleFor(listenerArn, 7, groupArn));
    await expect(create(ruleFor(listenerArn, 7, groupArn))).rejects.toMatchObject({
      name: "PriorityInUseException",
    });
    for (const priority of [0, 50_001, 1.5]) {
      await expect(create({ ...ruleFor(listenerArn, 1, groupArn), Priority: priority })).rejects.toThrow(
        /Priority/,
      );
    }
  });

  it("refuses more than five values in all conditions together", async () => {
    const secret: RuleCondition = {
      Field: "http-header",
      HttpHeaderConfig: { HttpHeaderName: "x-secret", Values: ["a", "b", "c"] },
    };
    const rule = { ListenerArn: listenerArn, Priority: 1, Actions: [FORBIDDEN] };
    await create({ ...rule, Conditions: [hosts("a.b", "c.d"), secret] });
    await expect(
      create({ ...rule, Priority: 2, Conditions: [hosts("a.b", "c.d", "e.f"), secret] }),
    ).rejects.toThrow("A rule can only have '5' condition values");
  });

  it.each(["nodot", "under_score.a", "a.b1", "a.", "", `${"x".repeat(127)}.a`])(
    "refuses the host '%s'",
    async (host) => {
      await expect(withCondition(hosts(host))).rejects.toMatchObject({ name: "ValidationError" });
    },
  );

  it.each(["*", "*.shop.internal", "20261122-101500-1f3a9c2.shop.internal", "a?.b"])(
    "accepts the host '%s'",
    async (host) => {
      await expect(withCondition(hosts(host))).resolves.toMatchObject({ Priority: "1" });
    },
  );

  it("refuses features that are not simulated by name", async () => {
    const rule = { ListenerArn: listenerArn, Priority: 1, Conditions: [hosts("a.b")] };
    await expect(
      withCondition({ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } }),
    ).rejects.toThrow("source-ip");
    await expect(
      withCondition({ Field: "host-header", HostHeaderConfig: { RegexValues: ["^a"] } }),
    ).rejects.toThrow("RegexValues");
    const redirect = { Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } } as const;
    await expect(create({ ...rule, Actions: [redirect] })).rejects.toThrow("'redirect' action");
    await expect(
      create({ ...rule, Actions: [FORBIDDEN], Transforms: [{ Type: "url-rewrite" }] }),
    ).rejects.toThrow("Transforms");
  });

  it("refuses a fixed response above 1,024 bytes, or with a type or status that an ALB does not send", async () => {
    const rule = { ListenerArn: listenerArn, Priority: 1, Conditions: [hosts("a.b")] };
    const answer = (config: object) =>
      create({
        ...rule,
        Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "409", ...config } }],
      });
    await expect(answer({ MessageBody: "é".repeat(513) })).rejects.toThrow("1026 bytes");
    await expect(answer({ ContentType: "application/problem+json" })).rejects.toThrow("application/json");
    await expect(answer({ StatusCode: "301" })).rejects.toThrow("2XX, 4XX or 5XX");
    await expect(
      answer({ MessageBody: "x".repeat(1024), ContentType: "application/json" }),
    ).resolves.toBeDefined();
  });

  it("refuses the 101st target group of a load balancer and the 101st rule", async () => {
    for (let priority = 1; priority <= 100; priority++) {
      const arn = await createTargetGroup(stage.client, `many-${priority}`);
      await create(ruleFor(listenerArn, priority, arn));
    }
    await expect(create(ruleFor(listenerArn, 101, groupArn))).rejects.toMatchObject({
      name: "TooManyRulesException",
    });
    const { Rules } = await stage.client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
    await expect(
      stage.client.send(
        new ModifyRuleCommand({
          RuleArn: Rules![0]!.RuleArn,
          Actions: [
            {
              Type: "forward",
              ForwardConfig: {
                TargetGroups: [
                  { TargetGroupArn: groupArn, Weight: 1 },
                  { TargetGroupArn: Rules![0]!.Actions![0]!.TargetGroupArn, Weight: 1 },
                ],
              },
            },
          ],
        }),
      ),
    ).rejects.toMatchObject({ name: "TooManyUniqueTargetGroupsPerLoadBalancerException" });
  });

  it("refuses a target group of another load balancer", async () => {
    await create(ruleFor(listenerArn, 1, groupArn));
    const other = await createListener(stage.client, await createLoadBalancer(stage.client, `other-${made}`));
    await expect(create(ruleFor(other, 1, groupArn))).rejects.toMatchObject({
      name: "TargetGroupAssociationLimitException",
    });
  });
});

describe("DescribeRules", () => {
  it("returns host and path in both forms, a header in its own form, and an action in both forms", async () => {
    await create({
      ListenerArn: listenerArn,
      Priority: 2,
      Conditions: [
        { Field: "host-header", HostHeaderConfig: { Values: ["a.b"] } },
        { Field: "path-pattern", Values: ["/api/*"] },
        { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Secret", Values: ["s"] } },
      ],
      Actions: [{ Type: "forward", TargetGroupArn: groupArn }],
    });
    const { Rules } = await stage.client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
    expect(Rules![0]).toMatchObject({
      Priority: "2",
      IsDefault: false,
      Conditions: [
        { Field: "host-header", Values: ["a.b"], HostHeaderConfig: { Values: ["a.b"] } },
        { Field: "path-pattern", Values: ["/api/*"], PathPatternConfig: { Values: ["/api/*"] } },
        { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Secret", Values: ["s"] } },
      ],
      Actions: [
        {
          Type: "forward",
          TargetGroupArn: groupArn,
          ForwardConfig: {
            TargetGroups: [{ TargetGroupArn: groupArn, Weight: 1 }],
            TargetGroupStickinessConfig: { Enabled: false },
          },
        },
      ],
    });
    expect(Rules![0]!.Conditions![2]!.Values ?? []).toEqual([]);
  });

  it("lists by priority with the default last, in pages", async () => {
    for (const priority of [30, 10, 20]) await create(ruleFor(listenerArn, priority, groupArn));
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await stage.client.send(
        new DescribeRulesCommand({ ListenerArn: listenerArn, PageSize: 3, Marker }),
      );
      seen.push(...page.Rules!.map((rule) => rule.Priority!));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(seen).toEqual(["10", "20", "30", "default"]);
  });

  it("does not return a deleted rule", async () => {
    const { RuleArn } = await create(ruleFor(listenerArn, 1, groupArn));
    await stage.client.send(new DeleteRuleCommand({ RuleArn }));
    await expect(stage.client.send(new DescribeRulesCommand({ RuleArns: [RuleArn!] }))).rejects.toMatchObject(
      {
        name: "RuleNotFoundException",
      },
    );
  });
});

describe("SetRulePriorities", () => {
  it("lets two rules swap priorities, and refuses the priority of a third one", async () => {
    const a = await create(ruleFor(listenerArn, 1, groupArn));
    const b = await create(ruleFor(listenerArn, 2, groupArn));
    await create(ruleFor(listenerArn, 3, groupArn));
    const set = (pairs: [string, number][]) =>
      stage.client.send(
        new SetRulePrioritiesCommand({
          RulePriorities: pairs.map(([RuleArn, Priority]) => ({ RuleArn, Priority })),
        }),
      );
    const { Rules } = await set([
      [a.RuleArn!, 2],
      [b.RuleArn!, 1],
    ]);
    expect(Rules!.map((rule) => rule.Priority)).toEqual(["2", "1"]);
    await expect(set([[a.RuleArn!, 3]])).rejects.toMatchObject({ name: "PriorityInUseException" });
  });
});

describe("the default rule", () => {
  it("cannot be deleted", async () => {
    const { Rules } = await stage.client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
    await expect(
      stage.client.send(new DeleteRuleCommand({ RuleArn: Rules!.at(-1)!.RuleArn })),
    ).rejects.toMatchObject({ name: "OperationNotPermittedException" });
  });
});
