import type { Shape } from "../properties.ts";
import { STRINGS, TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers, ResourceProvider } from "../provider.ts";
import { changeEc2Tags, tagSpecifications } from "../tag-changes.ts";

const RULE: Record<string, Shape> = {
  CidrIp: "string",
  CidrIpv6: "string",
  Description: "string",
  FromPort: "number",
  IpProtocol: "string",
  ToPort: "number",
};
const INGRESS: Record<string, Shape> = {
  ...RULE,
  SourcePrefixListId: "string",
  SourceSecurityGroupId: "string",
};
const EGRESS: Record<string, Shape> = {
  ...RULE,
  DestinationPrefixListId: "string",
  DestinationSecurityGroupId: "string",
};
type Direction = "Ingress" | "Egress";

/** Security groups and endpoints. The EC2 service records them but does not enforce them. */
export const ec2SecurityProviders: Providers = {
  "AWS::EC2::SecurityGroup": {
    properties: {
      GroupDescription: "string",
      GroupName: "string",
      SecurityGroupEgress: [EGRESS],
      SecurityGroupIngress: [INGRESS],
      Tags: TAG_LIST,
      VpcId: "string",
    },
    required: ["GroupDescription"],
    attributes: ["GroupId", "Id", "VpcId"],
    replacedBy: ["GroupDescription", "GroupName", "VpcId"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const { VpcId } = properties;
      const { GroupId } = await context.call("ec2", "CreateSecurityGroup", {
        GroupName: properties.GroupName ?? context.name({ max: 255 }),
        Description: properties.GroupDescription,
        VpcId,
        TagSpecifications: tagSpecifications("security-group", properties.Tags),
      });
      context.initiated(GroupId);
      await changeRules("Ingress", GroupId, [], properties.SecurityGroupIngress, context);
      // A new group permits all outgoing traffic. The template's own rules replace that rule.
      const everything = [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }];
      if (properties.SecurityGroupEgress !== undefined)
        await changeRules("Egress", GroupId, everything, properties.SecurityGroupEgress, context);
      return { physicalId: GroupId, attributes: { GroupId, Id: GroupId, VpcId } };
    },
    update: async ({ physicalId, properties: before }, properties, _changed, context) => {
      for (const direction of ["Ingress", "Egress"] as const) {
        const name = `SecurityGroup${direction}`;
        await changeRules(direction, physicalId, before[name], properties[name], context);
      }
      await changeEc2Tags(physicalId, before.Tags, properties.Tags, context);
      return undefined;
    },
    delete: ({ physicalId: GroupId }, { call }) => call("ec2", "DeleteSecurityGroup", { GroupId }),
  },
  "AWS::EC2::SecurityGroupIngress": ruleProvider("Ingress", INGRESS),
  "AWS::EC2::SecurityGroupEgress": ruleProvider("Egress", EGRESS),
  "AWS::EC2::VPCEndpoint": {
    properties: {
      PolicyDocument: "json",
      PrivateDnsEnabled: "boolean",
      RouteTableIds: STRINGS,
      SecurityGroupIds: STRINGS,
      ServiceName: "string",
      SubnetIds: STRINGS,
      Tags: TAG_LIST,
      VpcEndpointType: "string",
      VpcId: "string",
    },
    required: ["ServiceName", "VpcId"],
    attributes: ["Id"],
    // AWS can change more properties in place; here only tags change in place.
    replacedBy: [
      "PolicyDocument",
      "PrivateDnsEnabled",
      "RouteTableIds",
      "SecurityGroupIds",
      "ServiceName",
      "SubnetIds",
      "VpcEndpointType",
      "VpcId",
    ],
    tagsProperty: "Tags",
    create: async ({ PolicyDocument, Tags, ...properties }, { call }) => {
      const { VpcEndpoint } = await call("ec2", "CreateVpcEndpoint", {
        ...properties,
        PolicyDocument: PolicyDocument && JSON.stringify(PolicyDocument),
        TagSpecifications: tagSpecifications("vpc-endpoint", Tags),
      });
      const { VpcEndpointId } = VpcEndpoint;
      return { physicalId: VpcEndpointId, attributes: { Id: VpcEndpointId } };
    },
    update: async ({ physicalId, properties: before }, { Tags }, _changed, context) => {
      await changeEc2Tags(physicalId, before.Tags, Tags, context);
      return undefined;
    },
    delete: ({ physicalId }, { call }) => call("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [physicalId] }),
  },
};

function ruleProvider(direction: Direction, shape: Record<string, Shape>): ResourceProvider {
  return {
    properties: { ...shape, GroupId: "string" },
    required: ["GroupId", "IpProtocol"],
    attributes: ["Id"],
    replacedBy: "any",
    create: async ({ GroupId, ...rule }, context) => {
      const { SecurityGroupRules: rules } = await authorize(direction, GroupId, [rule], context);
      const id = rules?.[0]?.SecurityGroupRuleId ?? context.name({ max: 255 });
      return { physicalId: id, attributes: { Id: id } };
    },
    delete: ({ properties: { GroupId, ...rule } }, context) => revoke(direction, GroupId, [rule], context),
  };
}

async function changeRules(
  direction: Direction,
  groupId: string,
  before: Properties[] = [],
  after: Properties[] = [],
  context: ProviderContext,
): Promise<void> {
  const missingIn = (list: Properties[]) => (rule: Properties) =>
    !list.some((other) => JSON.stringify(permission(other)) === JSON.stringify(permission(rule)));
  const removed = before.filter(missingIn(after));
  const added = after.filter(missingIn(before));
  if (removed.length > 0) await revoke(direction, groupId, removed, context);
  if (added.length > 0) await authorize(direction, groupId, added, context);
}

function authorize(direction: Direction, GroupId: string, rules: Properties[], context: ProviderContext) {
  return context.call("ec2", `AuthorizeSecurityGroup${direction}`, {
    GroupId,
    IpPermissions: rules.map(permission),
  });
}

function revoke(direction: Direction, GroupId: string, rules: Properties[], context: ProviderContext) {
  return context.call("ec2", `RevokeSecurityGroup${direction}`, {
    GroupId,
    IpPermissions: rules.map(permission),
  });
}

function permission(rule: Properties) {
  const { CidrIp, CidrIpv6, Description, FromPort, IpProtocol, ToPort } = rule;
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const list = rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  return {
    IpProtocol,
    FromPort,
    ToPort,
    IpRanges: CidrIp && [{ CidrIp, Description }],
    Ipv6Ranges: CidrIpv6 && [{ CidrIpv6, Description }],
    UserIdGroupPairs: group && [{ GroupId: group, Description }],
    PrefixListIds: list && [{ PrefixListId: list, Description }],
  };
}
