/**
 * Application Auto Scaling.
 *
 * **Gaps**: no scheduled actions, scaling activities or tags. Filters other than those below are refused.
 * **By design**: targets and policies are recorded, but nothing scales. A service keeps the count that its stack, a
 * release or the ECS API sets.
 * **Client quirks**: CloudFormation templates may contain capacities as text; they are returned as numbers.
 */
import { createHash, randomUUID } from "node:crypto";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";

/** The identity of a target, part of every call. */
interface Identity {
  ServiceNamespace: string;
  ResourceId: string;
  ScalableDimension: string;
}

interface TargetInput extends Identity {
  MinCapacity?: number;
  MaxCapacity?: number;
  RoleARN?: string;
  SuspendedState?: object;
}

interface PolicyInput extends Identity {
  PolicyName: string;
  PolicyType?: string;
  TargetTrackingScalingPolicyConfiguration?: object;
  StepScalingPolicyConfiguration?: object;
}

interface Target extends Required<Omit<TargetInput, "SuspendedState">> {
  SuspendedState?: object;
  ScalableTargetARN: string;
  CreationTime: Date;
}

interface Policy extends PolicyInput {
  PolicyARN: string;
  CreationTime: Date;
  Alarms: [];
}

interface State {
  targets: Map<string, Target>;
  policies: Map<string, Policy>;
}

interface Query extends Partial<Identity> {
  ServiceNamespace: string;
  ResourceIds?: string[];
  PolicyNames?: string[];
}

const IDENTITY = ["ServiceNamespace", "ResourceId", "ScalableDimension"];

/** Creates Application Auto Scaling with targets and policies per region. */
export function createApplicationAutoScaling(cloud: Cloud): Service {
  const stateOf = perRegion((): State => ({ targets: new Map(), policies: new Map() }));
  const now = () => new Date(cloud.now());
  return {
    actions: {
      RegisterScalableTarget: (input: TargetInput, scope) =>
        registerTarget(stateOf(scope), input, scope, now()),
      DescribeScalableTargets: (input: Query, scope) => {
        refuseUnknown("application-autoscaling:DescribeScalableTargets", input, [
          "ServiceNamespace",
          "ResourceIds",
          "ScalableDimension",
          "MaxResults",
        ]);
        return {
          ScalableTargets: [...stateOf(scope).targets.values()].filter((target) => matches(target, input)),
        };
      },
      DeregisterScalableTarget: (input: Identity, scope) => {
        const { targets, policies } = stateOf(scope);
        if (!targets.delete(keyOf(input))) throw noTarget(input);
        for (const [key, policy] of policies) if (keyOf(policy) === keyOf(input)) policies.delete(key);
        return {};
      },
      PutScalingPolicy: (input: PolicyInput, scope) => putPolicy(stateOf(scope), input, scope, now()),
      DescribeScalingPolicies: (input: Query, scope) => {
        refuseUnknown("application-autoscaling:DescribeScalingPolicies", input, [
          "ServiceNamespace",
          "ResourceId",
          "ScalableDimension",
          "PolicyNames",
          "MaxResults",
        ]);
        const found = [...stateOf(scope).policies.values()].filter((policy) => matches(policy, input));
        return { ScalingPolicies: found };
      },
      DeleteScalingPolicy: (input: PolicyInput, scope) => {
        if (!stateOf(scope).policies.delete(policyKey(input)))
          throw new AwsError("ObjectNotFoundException", `No scaling policy found for ${policyKey(input)}.`);
        return {};
      },
    },
  };
}

function registerTarget({ targets }: State, input: TargetInput, scope: Scope, now: Date) {
  refuseUnknown("application-autoscaling:RegisterScalableTarget", input, [
    ...IDENTITY,
    "MinCapacity",
    "MaxCapacity",
    "RoleARN",
    "SuspendedState",
  ]);
  checkIdentity(input);
  const existing = targets.get(keyOf(input));
  const MinCapacity = capacity(input.MinCapacity ?? existing?.MinCapacity, "MinCapacity");
  const MaxCapacity = capacity(input.MaxCapacity ?? existing?.MaxCapacity, "MaxCapacity");
  if (MinCapacity > MaxCapacity)
    throw invalid(`Maximum capacity cannot be less than minimum capacity: ${MaxCapacity} < ${MinCapacity}.`);
  const target: Target = {
    ServiceNamespace: input.ServiceNamespace,
    ResourceId: input.ResourceId,
    ScalableDimension: input.ScalableDimension,
    MinCapacity,
    MaxCapacity,
    RoleARN: input.RoleARN ?? existing?.RoleARN ?? serviceRole(input.ServiceNamespace),
    SuspendedState: input.SuspendedState ?? existing?.SuspendedState,
    ScalableTargetARN:
      existing?.ScalableTargetARN ??
      `arn:aws:application-autoscaling:${scope.region}:${ACCOUNT}:scalable-target/${targetHash(input)}`,
    CreationTime: existing?.CreationTime ?? now,
  };
  targets.set(keyOf(input), target);
  return { ScalableTargetARN: target.ScalableTargetARN };
}

function putPolicy({ targets, policies }: State, input: PolicyInput, scope: Scope, now: Date) {
  refuseUnknown("application-autoscaling:PutScalingPolicy", input, [
    ...IDENTITY,
    "PolicyName",
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
  ]);
  checkIdentity(input);
  if (!targets.has(keyOf(input))) throw noTarget(input);
  const existing = policies.get(policyKey(input));
  const arn = `arn:aws:autoscaling:${scope.region}:${ACCOUNT}:scalingPolicy:${randomUUID()}`;
  const policy: Policy = {
    ...existing,
    ...input,
    PolicyARN:
      existing?.PolicyARN ??
      `${arn}:resource/${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`,
    CreationTime: existing?.CreationTime ?? now,
    Alarms: [],
  };
  policies.set(policyKey(input), policy);
  return { PolicyARN: policy.PolicyARN, Alarms: [] };
}

function checkIdentity(input: Identity): void {
  if (input.ServiceNamespace !== "ecs" || input.ScalableDimension !== "ecs:service:DesiredCount")
    throw new AwsError(
      "NotImplemented",
      `Scaling of ${input.ServiceNamespace} (${input.ScalableDimension}) is not implemented by the local AWS; ecs:service:DesiredCount is.`,
      501,
    );
  if (!/^service\/[^/]+\/[^/]+$/.test(input.ResourceId))
    throw invalid(`Unsupported ECS resource id ${input.ResourceId}: it must be service/<cluster>/<service>.`);
}

function capacity(value: unknown, name: string): number {
  const number = Number(value ?? Number.NaN);
  if (!Number.isInteger(number) || number < 0)
    throw invalid(`${name} must be a whole number of at least 0, not ${JSON.stringify(value)}.`);
  return number;
}

function matches(item: Identity & { PolicyName?: string }, query: Query): boolean {
  return (
    item.ServiceNamespace === query.ServiceNamespace &&
    (query.ResourceIds === undefined || query.ResourceIds.includes(item.ResourceId)) &&
    (query.ResourceId === undefined || query.ResourceId === item.ResourceId) &&
    (query.ScalableDimension === undefined || query.ScalableDimension === item.ScalableDimension) &&
    (query.PolicyNames === undefined || query.PolicyNames.includes(item.PolicyName ?? ""))
  );
}

function keyOf({ ServiceNamespace, ResourceId, ScalableDimension }: Identity): string {
  return `${ServiceNamespace}|${ResourceId}|${ScalableDimension}`;
}

function policyKey(policy: PolicyInput): string {
  return `${keyOf(policy)}|${policy.PolicyName}`;
}

/** Returns an opaque value that is the same for the same target, as on AWS. */
function targetHash(identity: Identity): string {
  return createHash("sha256").update(keyOf(identity)).digest("hex").slice(0, 34);
}

function serviceRole(namespace: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/aws-service-role/${namespace}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`;
}

function noTarget(identity: Identity): AwsError {
  return new AwsError(
    "ObjectNotFoundException",
    `No scalable target registered for service namespace: ${identity.ServiceNamespace}, resource ID: ${identity.ResourceId}, scalable dimension: ${identity.ScalableDimension}`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
