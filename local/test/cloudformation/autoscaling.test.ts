import { describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createApplicationAutoScaling } from "../../src/services/autoscaling/autoscaling.ts";

const SCOPE = { region: "eu-west-1" };
const IDENTITY = {
  ServiceNamespace: "ecs",
  ResourceId: "service/main/api",
  ScalableDimension: "ecs:service:DesiredCount",
};

function open() {
  const { actions } = createApplicationAutoScaling(new Cloud({ stateDir: "" }));
  return (action: string, input: object): any => actions[action]!(input, SCOPE);
}

describe("Application Auto Scaling", () => {
  it("registers a target once, then updates it", () => {
    const call = open();
    const first = call("RegisterScalableTarget", { ...IDENTITY, MinCapacity: 1, MaxCapacity: 4 });
    const second = call("RegisterScalableTarget", { ...IDENTITY, MinCapacity: 2 });
    expect(second).toEqual(first);
    const { ScalableTargets } = call("DescribeScalableTargets", { ServiceNamespace: "ecs" });
    expect(ScalableTargets).toMatchObject([{ ...IDENTITY, MinCapacity: 2, MaxCapacity: 4 }]);
  });

  it("refuses a minimum above the maximum, and targets other than ECS services", () => {
    const call = open();
    expect(() => call("RegisterScalableTarget", { ...IDENTITY, MinCapacity: 3, MaxCapacity: 2 })).toThrow(
      "Maximum capacity cannot be less than minimum capacity: 2 < 3",
    );
    const other = { ...IDENTITY, ServiceNamespace: "dynamodb", MinCapacity: 1, MaxCapacity: 2 };
    expect(() => call("RegisterScalableTarget", other)).toThrow("Scaling of dynamodb");
  });

  it("keeps policies with their target and refuses policies without one", () => {
    const call = open();
    const policy = { ...IDENTITY, PolicyName: "cpu", PolicyType: "TargetTrackingScaling" };
    expect(() => call("PutScalingPolicy", policy)).toThrow("No scalable target registered");
    call("RegisterScalableTarget", { ...IDENTITY, MinCapacity: 1, MaxCapacity: 4 });
    const { PolicyARN } = call("PutScalingPolicy", policy);
    expect(call("DescribeScalingPolicies", { ServiceNamespace: "ecs" }).ScalingPolicies).toMatchObject([
      { PolicyName: "cpu", PolicyARN },
    ]);
    call("DeregisterScalableTarget", IDENTITY);
    expect(call("DescribeScalingPolicies", { ServiceNamespace: "ecs" }).ScalingPolicies).toEqual([]);
    expect(() => call("DeleteScalingPolicy", policy)).toThrow("No scaling policy found");
  });
});
