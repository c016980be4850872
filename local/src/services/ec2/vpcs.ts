import type { Action, Scope } from "../../cloud.ts";
import type { Item, Network, Tag, Tagged } from "./network.ts";

/** Zones of every region. */
const ZONES = ["a", "b", "c"];

/** VPCs, subnets and tags. */
export function vpcActions(networkOf: (scope: Scope) => Network): Record<string, Action> {
  return {
    CreateVpc: (input: Tagged & { CidrBlock: string; InstanceTenancy?: string }, scope) => {
      const network = networkOf(scope);
      const vpc = network.add("vpc", { CidrBlock: input.CidrBlock, attributes: {} }, input);
      const group = { GroupName: "default", Description: "default VPC security group", isDefault: true };
      network.add("sg", { ...group, IpPermissions: [], IpPermissionsEgress: [] }, { VpcId: vpc.id });
      return { Vpc: describeVpc(vpc) };
    },
    ModifyVpcAttribute: (input: { VpcId: string } & Record<string, unknown>, scope) => {
      const { VpcId, ...attributes } = input;
      Object.assign(networkOf(scope).get(VpcId).members.attributes, attributes);
      return {};
    },
    DescribeVpcs: (input: { VpcIds?: string[] }, scope) => ({
      Vpcs: networkOf(scope).list("vpc", input.VpcIds).map(describeVpc),
    }),
    DeleteVpc: (input: { VpcId: string }, scope) => {
      networkOf(scope).delete(input.VpcId);
      return {};
    },
    CreateSubnet: (
      input: Tagged & { VpcId: string; CidrBlock: string; AvailabilityZone?: string },
      scope,
    ) => {
      const AvailabilityZone = input.AvailabilityZone ?? `${scope.region}a`;
      const members = { CidrBlock: input.CidrBlock, AvailabilityZone, MapPublicIpOnLaunch: false };
      return { Subnet: describeSubnet(networkOf(scope).add("subnet", members, input)) };
    },
    ModifySubnetAttribute: (input: { SubnetId: string; MapPublicIpOnLaunch?: { Value: boolean } }, scope) => {
      const { members } = networkOf(scope).get(input.SubnetId);
      members.MapPublicIpOnLaunch = input.MapPublicIpOnLaunch?.Value ?? members.MapPublicIpOnLaunch;
      return {};
    },
    DescribeSubnets: (input: { SubnetIds?: string[] }, scope) => ({
      Subnets: networkOf(scope).list("subnet", input.SubnetIds).map(describeSubnet),
    }),
    DeleteSubnet: (input: { SubnetId: string }, scope) => {
      networkOf(scope).delete(input.SubnetId);
      return {};
    },
    CreateTags: (input: { Resources: string[]; Tags: Tag[] }, scope) => {
      for (const id of input.Resources) {
        const item = networkOf(scope).get(id);
        item.tags = [...new Map([...item.tags, ...input.Tags].map((tag) => [tag.Key, tag])).values()];
      }
      return {};
    },
    DeleteTags: (input: { Resources: string[]; Tags: Tag[] }, scope) => {
      for (const id of input.Resources) {
        const item = networkOf(scope).get(id);
        item.tags = item.tags.filter(({ Key }) => !input.Tags.some((tag) => tag.Key === Key));
      }
      return {};
    },
    DescribeAvailabilityZones: (_input, { region }) => ({
      AvailabilityZones: ZONES.map((zone) => ({
        ZoneName: `${region}${zone}`,
        RegionName: region,
        State: "available",
      })),
    }),
  };
}

function describeVpc({ id, members, tags }: Item): object {
  return { VpcId: id, CidrBlock: members.CidrBlock, State: "available", IsDefault: false, Tags: tags };
}

function describeSubnet({ id, vpcId, members, tags }: Item): object {
  return { SubnetId: id, VpcId: vpcId, State: "available", Tags: tags, ...members };
}
