import { describe, expect, it } from "vitest";
import { callsOfTheJanitor } from "../janitor/every-call.ts";
import { resources, synthesize } from "./synthesized.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

const assembly = synthesize();
const actions = ({ Action }: Statement) => [Action].flat();
const everywhere = ({ Resource }: Statement) => [Resource].flat().includes("*");

/** The statements of the policies whose logical id has `part` in it. */
function statements(stack: string, part: string): Statement[] {
  return Object.entries(resources(assembly, stack, "AWS::IAM::Policy"))
    .filter(([id]) => id.includes(part))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

/** Actions that AWS cannot limit to a resource. All others must name their resources. */
const UNLIMITED = [
  "application-autoscaling:DescribeScalableTargets",
  "application-autoscaling:DescribeScalingPolicies",
  "application-autoscaling:DescribeScheduledActions",
  "cloudwatch:DescribeAlarms",
  "cloudwatch:GetMetricData",
  "ec2:DescribeVpcs",
  "ecr:GetAuthorizationToken",
  "ecs:DeregisterTaskDefinition",
  "ecs:DescribeTaskDefinition",
  "ecs:RegisterTaskDefinition",
  "elasticloadbalancing:Describe*",
  "elasticloadbalancing:DescribeRules",
  "elasticloadbalancing:DescribeTargetGroups",
  "elasticloadbalancing:DescribeTargetHealth",
  "logs:DescribeLogGroups",
  "tag:GetResources",
];

describe("permissions", () => {
  const all = assembly.stacks.flatMap((stack) => statements(stack.stackName, ""));

  it("name their resources if AWS supports it", () => {
    const wide = all.filter(everywhere).flatMap(actions);
    expect(wide.filter((action) => !UNLIMITED.includes(action))).toEqual([]);
  });

  it("never cover a whole service", () => {
    expect(all.flatMap(actions).filter((action) => /^\*$|:\*$/.test(action))).toEqual([]);
  });

  it("let route read the version map in the app's region, and nothing else", () => {
    expect(statements("shop-edge", "Route")).toEqual([
      {
        Effect: "Allow",
        Action: "ssm:GetParameter",
        Resource: {
          "Fn::Join": [
            "",
            [
              "arn:",
              { Ref: "AWS::Partition" },
              ":ssm:eu-central-1:",
              { Ref: "AWS::AccountId" },
              ":parameter/lockstep/shop/version-map",
            ],
          ],
        },
      },
    ]);
  });

  it("give the API no permissions", () => {
    expect(statements("shop-platform", "RolesTask")).toEqual([]);
  });

  it("let the janitor delete versions and resources with the app's tag, but not the ledger", () => {
    const janitor = statements("shop-platform", "JanitorFunction");
    const deleting = janitor.filter((one) => actions(one).some((action) => /:Delete/.test(action)));
    const targets = deleting.map(({ Action, Resource }) => [Action, JSON.stringify(Resource)]);
    expect(targets).toEqual([
      ["s3:DeleteObject", expect.stringMatching(/StateBucket.*\/leases\/\*.*StateBucket.*\/manifests\/\*/)],
      [expect.arrayContaining(["s3:DeleteObject"]), expect.stringMatching(/WebBucket/)],
      [expect.arrayContaining(["cloudformation:DeleteStack"]), expect.stringMatching(/stack\/shop-v-\*/)],
      [
        [
          "ecs:DeleteService",
          "elasticloadbalancing:DeleteRule",
          "elasticloadbalancing:DeleteTargetGroup",
          "logs:DeleteLogGroup",
        ],
        expect.stringMatching(/service\/.*listener-rule\/.*targetgroup\/ls-.*log-group:\/lockstep\/shop\//),
      ],
    ]);
    expect(deleting.at(-1)!.Condition).toEqual({ StringEquals: { "aws:ResourceTag/lockstep:app": "shop" } });
    const images = janitor.filter((one) => actions(one).includes("ecr:BatchDeleteImage"));
    expect(images.map(({ Resource }) => JSON.stringify(Resource))).toEqual([
      expect.stringMatching(/StoresImages/),
    ]);
    expect(janitor.flatMap(actions)).not.toContain("iam:PassRole");
  });

  it("let the janitor scale ECS services only", () => {
    const scaling = statements("shop-platform", "JanitorFunction").filter((one) =>
      actions(one).includes("application-autoscaling:RegisterScalableTarget"),
    );
    expect(scaling.map(({ Condition }) => Condition)).toEqual([
      {
        StringEquals: {
          "application-autoscaling:service-namespace": "ecs",
          "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
        },
      },
    ]);
  });

  it("let the janitor put events of Lockstep, and no others, on the default event bus", () => {
    const putting = statements("shop-platform", "JanitorFunction").filter((one) =>
      actions(one).includes("events:PutEvents"),
    );
    expect(putting).toHaveLength(1);
    expect(JSON.stringify(putting[0]!.Resource)).toMatch(/:events:.*:event-bus\/default"/);
    expect(putting[0]!.Condition).toEqual({ StringEquals: { "events:source": "lockstep" } });
  });

  it("let the janitor make every call that it makes in a test, and only one other", async () => {
    const allowed = new Set(statements("shop-platform", "JanitorFunction").flatMap(actions));
    const made = new Set([...(await callsOfTheJanitor())].map(actionOfCall));
    expect([...made].filter((action) => !allowed.has(action))).toEqual([]);
    expect([...allowed].filter((action) => !made.has(action)).sort()).toEqual([
      "cloudformation:DescribeStackEvents", // if a stack cannot be deleted
    ]);
  });

  it("let version stacks pass the two task roles to ECS, and no other role", () => {
    const passing = all.filter((one) => actions(one).includes("iam:PassRole"));
    expect(passing).toHaveLength(1);
    expect(JSON.stringify(passing[0]!.Resource)).toMatch(/RolesExecution.*RolesTask/);
    expect(passing[0]!.Condition).toEqual({
      StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    });
  });

  it("let version stacks list all alarms, and change only those of the cluster's services", () => {
    const alarms = statements("shop-platform", "RolesVersionStack").filter((one) =>
      actions(one).some((action) => action.startsWith("cloudwatch:")),
    );
    const listing = alarms.filter((one) => actions(one).includes("cloudwatch:DescribeAlarms"));
    expect(listing.map(everywhere)).toEqual([true]);
    const changing = alarms.filter((one) => !everywhere(one));
    expect(changing.flatMap(actions)).toEqual(["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]);
    expect(JSON.stringify(changing[0]!.Resource)).toContain(":alarm:TargetTracking-service/");
  });

  it("let version stacks change only target groups and listener rules of versions", () => {
    const changing = statements("shop-platform", "RolesVersionStack").filter((one) =>
      actions(one).some((action) => /^elasticloadbalancing:(?!Describe)/.test(action)),
    );
    for (const { Resource } of changing)
      expect(JSON.stringify(Resource)).toMatch(/targetgroup\/ls-|listener/i);
  });
});

/** Calls and services with a different name in IAM. */
const OTHER_NAMES: Record<string, string> = {
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:DeleteObjects": "s3:DeleteObject",
};
const OTHER_SERVICES: Record<string, string> = {
  elbv2: "elasticloadbalancing",
  monitoring: "cloudwatch",
  tagging: "tag",
};

function actionOfCall(call: string): string {
  const [service, name] = call.split(":") as [string, string];
  return OTHER_NAMES[call] ?? `${OTHER_SERVICES[service] ?? service}:${name}`;
}
