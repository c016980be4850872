import { STRINGS, TAG_LIST } from "../properties.ts";
import type { ProviderContext, Providers } from "../provider.ts";
import { changeTags, type TagPair } from "../tag-changes.ts";
import { ACTIONS, ATTRIBUTES, fullName } from "./elbv2-shapes.ts";

/** Load balancers and listeners. */
export const loadBalancerProviders: Providers = {
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    properties: {
      IpAddressType: "string",
      LoadBalancerAttributes: ATTRIBUTES,
      Name: "string",
      Scheme: "string",
      SecurityGroups: STRINGS,
      Subnets: STRINGS,
      Tags: TAG_LIST,
      Type: "string",
    },
    attributes: [
      "CanonicalHostedZoneID",
      "DNSName",
      "LoadBalancerArn",
      "LoadBalancerFullName",
      "LoadBalancerName",
      "SecurityGroups",
    ],
    replacedBy: ["Name", "Scheme", "Type"],
    tagsProperty: "Tags",
    create: async ({ LoadBalancerAttributes: Attributes, Name, ...properties }, context) => {
      const { LoadBalancers } = await context.call("elbv2", "CreateLoadBalancer", {
        ...properties,
        Name: Name ?? context.name({ max: 32 }),
      });
      const made = LoadBalancers[0];
      const LoadBalancerArn = made.LoadBalancerArn;
      context.initiated(LoadBalancerArn);
      if (Attributes?.length)
        await context.call("elbv2", "ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes });
      return {
        physicalId: LoadBalancerArn,
        attributes: {
          CanonicalHostedZoneID: made.CanonicalHostedZoneId,
          DNSName: made.DNSName,
          LoadBalancerArn,
          LoadBalancerFullName: fullName(LoadBalancerArn, "loadbalancer/"),
          LoadBalancerName: made.LoadBalancerName,
          SecurityGroups: made.SecurityGroups,
        },
      };
    },
    update: async ({ physicalId: LoadBalancerArn, properties: before }, properties, changed, context) => {
      const { IpAddressType, LoadBalancerAttributes, SecurityGroups, Subnets, Tags } = properties;
      // An attribute that the template no longer contains keeps its value, as on AWS.
      if (changed.has("LoadBalancerAttributes") && LoadBalancerAttributes?.length)
        await context.call("elbv2", "ModifyLoadBalancerAttributes", {
          LoadBalancerArn,
          Attributes: LoadBalancerAttributes,
        });
      if (changed.has("SecurityGroups"))
        await context.call("elbv2", "SetSecurityGroups", { LoadBalancerArn, SecurityGroups });
      if (changed.has("Subnets")) await context.call("elbv2", "SetSubnets", { LoadBalancerArn, Subnets });
      if (changed.has("IpAddressType"))
        await context.call("elbv2", "SetIpAddressType", { LoadBalancerArn, IpAddressType });
      await changeElbTags(LoadBalancerArn, before.Tags, Tags, context);
      return changed.has("SecurityGroups") ? { attributes: { SecurityGroups } } : undefined;
    },
    delete: ({ physicalId: LoadBalancerArn }, { call }) =>
      call("elbv2", "DeleteLoadBalancer", { LoadBalancerArn }),
  },
  "AWS::ElasticLoadBalancingV2::Listener": {
    properties: {
      Certificates: [{ CertificateArn: "string" }],
      DefaultActions: ACTIONS,
      ListenerAttributes: ATTRIBUTES,
      LoadBalancerArn: "string",
      Port: "number",
      Protocol: "string",
      SslPolicy: "string",
    },
    required: ["DefaultActions", "LoadBalancerArn"],
    attributes: ["ListenerArn"],
    replacedBy: ["LoadBalancerArn"],
    create: async ({ ListenerAttributes: Attributes, ...properties }, context) => {
      const { Listeners } = await context.call("elbv2", "CreateListener", properties);
      const { ListenerArn } = Listeners[0];
      context.initiated(ListenerArn);
      if (Attributes?.length)
        await context.call("elbv2", "ModifyListenerAttributes", { ListenerArn, Attributes });
      return { physicalId: ListenerArn, attributes: { ListenerArn } };
    },
    update: async ({ physicalId: ListenerArn }, properties, changed, context) => {
      const { LoadBalancerArn: _fixed, ListenerAttributes: Attributes, ...changeable } = properties;
      await context.call("elbv2", "ModifyListener", { ListenerArn, ...changeable });
      if (changed.has("ListenerAttributes"))
        await context.call("elbv2", "ModifyListenerAttributes", {
          ListenerArn,
          Attributes: Attributes ?? [],
        });
      return undefined;
    },
    delete: ({ physicalId: ListenerArn }, { call }) => call("elbv2", "DeleteListener", { ListenerArn }),
  },
};

export function changeElbTags(
  arn: string,
  before: TagPair[] | undefined,
  after: TagPair[] | undefined,
  { call }: ProviderContext,
): Promise<void> {
  const ResourceArns = [arn];
  return changeTags(
    before,
    after,
    (Tags) => call("elbv2", "AddTags", { ResourceArns, Tags }),
    (TagKeys) => call("elbv2", "RemoveTags", { ResourceArns, TagKeys }),
  );
}
