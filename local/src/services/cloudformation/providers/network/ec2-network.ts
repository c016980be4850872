import { TAG_LIST } from "../properties.ts";
import type { ProviderContext, Providers } from "../provider.ts";
import { changeEc2Tags, tagSpecifications } from "../tag-changes.ts";

/** Networks, routes and gateways. The EC2 service records them but does not simulate them. */
export const ec2NetworkProviders: Providers = {
  "AWS::EC2::VPC": {
    properties: {
      CidrBlock: "string",
      EnableDnsHostnames: "boolean",
      EnableDnsSupport: "boolean",
      InstanceTenancy: "string",
      Tags: TAG_LIST,
    },
    required: ["CidrBlock"],
    attributes: ["VpcId", "CidrBlock", "DefaultSecurityGroup"],
    replacedBy: ["CidrBlock", "InstanceTenancy"],
    tagsProperty: "Tags",
    create: async ({ CidrBlock, EnableDnsHostnames, EnableDnsSupport, InstanceTenancy, Tags }, context) => {
      const { Vpc } = await context.call("ec2", "CreateVpc", {
        CidrBlock,
        InstanceTenancy,
        TagSpecifications: tagSpecifications("vpc", Tags),
      });
      const { VpcId } = Vpc;
      context.initiated(VpcId);
      for (const [name, Value] of Object.entries({ EnableDnsHostnames, EnableDnsSupport }))
        if (Value !== undefined)
          await context.call("ec2", "ModifyVpcAttribute", { VpcId, [name]: { Value } });
      const DefaultSecurityGroup = await defaultSecurityGroup(VpcId, context);
      return { physicalId: VpcId, attributes: { VpcId, CidrBlock, DefaultSecurityGroup } };
    },
    update: async ({ physicalId: VpcId, properties: before }, properties, changed, context) => {
      for (const name of ["EnableDnsHostnames", "EnableDnsSupport"])
        if (changed.has(name))
          await context.call("ec2", "ModifyVpcAttribute", {
            VpcId,
            [name]: { Value: properties[name] ?? name === "EnableDnsSupport" },
          });
      await changeEc2Tags(VpcId, before.Tags, properties.Tags, context);
      return undefined;
    },
    delete: ({ physicalId: VpcId }, { call }) => call("ec2", "DeleteVpc", { VpcId }),
  },
  "AWS::EC2::Subnet": {
    properties: {
      AvailabilityZone: "string",
      CidrBlock: "string",
      MapPublicIpOnLaunch: "boolean",
      Tags: TAG_LIST,
      VpcId: "string",
    },
    required: ["VpcId", "CidrBlock"],
    attributes: ["SubnetId", "VpcId", "AvailabilityZone", "CidrBlock"],
    replacedBy: ["AvailabilityZone", "CidrBlock", "VpcId"],
    tagsProperty: "Tags",
    create: async ({ AvailabilityZone, CidrBlock, MapPublicIpOnLaunch, Tags, VpcId }, context) => {
      const zone = AvailabilityZone ?? `${context.region}a`;
      const { Subnet } = await context.call("ec2", "CreateSubnet", {
        VpcId,
        CidrBlock,
        AvailabilityZone: zone,
        TagSpecifications: tagSpecifications("subnet", Tags),
      });
      const { SubnetId } = Subnet;
      context.initiated(SubnetId);
      if (MapPublicIpOnLaunch !== undefined) await setPublicIp(SubnetId, MapPublicIpOnLaunch, context);
      return {
        physicalId: SubnetId,
        attributes: { SubnetId, VpcId, AvailabilityZone: zone, CidrBlock },
      };
    },
    update: async ({ physicalId, properties: before }, { MapPublicIpOnLaunch, Tags }, changed, context) => {
      if (changed.has("MapPublicIpOnLaunch"))
        await setPublicIp(physicalId, MapPublicIpOnLaunch ?? false, context);
      await changeEc2Tags(physicalId, before.Tags, Tags, context);
      return undefined;
    },
    delete: ({ physicalId: SubnetId }, { call }) => call("ec2", "DeleteSubnet", { SubnetId }),
  },
  "AWS::EC2::InternetGateway": {
    properties: { Tags: TAG_LIST },
    attributes: ["InternetGatewayId"],
    replacedBy: [],
    tagsProperty: "Tags",
    create: async ({ Tags }, { call }) => {
      const { InternetGateway } = await call("ec2", "CreateInternetGateway", {
        TagSpecifications: tagSpecifications("internet-gateway", Tags),
      });
      const { InternetGatewayId } = InternetGateway;
      return { physicalId: InternetGatewayId, attributes: { InternetGatewayId } };
    },
    update: async ({ physicalId, properties: before }, { Tags }, _changed, context) => {
      await changeEc2Tags(physicalId, before.Tags, Tags, context);
      return undefined;
    },
    delete: ({ physicalId: InternetGatewayId }, { call }) =>
      call("ec2", "DeleteInternetGateway", { InternetGatewayId }),
  },
  "AWS::EC2::VPCGatewayAttachment": {
    properties: { InternetGatewayId: "string", VpcId: "string" },
    required: ["InternetGatewayId", "VpcId"],
    attributes: ["AttachmentType"],
    replacedBy: "any",
    create: async ({ InternetGatewayId, VpcId }, { call }) => {
      await call("ec2", "AttachInternetGateway", { InternetGatewayId, VpcId });
      return { physicalId: `IGW|${VpcId}`, attributes: { AttachmentType: "IGW" } };
    },
    delete: ({ properties: { InternetGatewayId, VpcId } }, { call }) =>
      call("ec2", "DetachInternetGateway", { InternetGatewayId, VpcId }),
  },
  "AWS::EC2::RouteTable": {
    properties: { Tags: TAG_LIST, VpcId: "string" },
    required: ["VpcId"],
    attributes: ["RouteTableId"],
    replacedBy: ["VpcId"],
    tagsProperty: "Tags",
    create: async ({ Tags, VpcId }, { call }) => {
      const { RouteTable } = await call("ec2", "CreateRouteTable", {
        VpcId,
        TagSpecifications: tagSpecifications("route-table", Tags),
      });
      const { RouteTableId } = RouteTable;
      return { physicalId: RouteTableId, attributes: { RouteTableId } };
    },
    update: async ({ physicalId, properties: before }, { Tags }, _changed, context) => {
      await changeEc2Tags(physicalId, before.Tags, Tags, context);
      return undefined;
    },
    delete: ({ physicalId: RouteTableId }, { call }) => call("ec2", "DeleteRouteTable", { RouteTableId }),
  },
  "AWS::EC2::Route": {
    properties: { DestinationCidrBlock: "string", GatewayId: "string", RouteTableId: "string" },
    required: ["RouteTableId", "DestinationCidrBlock"],
    attributes: ["CidrBlock"],
    replacedBy: "any",
    create: async ({ DestinationCidrBlock, GatewayId, RouteTableId }, { call }) => {
      await call("ec2", "CreateRoute", { RouteTableId, DestinationCidrBlock, GatewayId });
      return {
        physicalId: `${RouteTableId}|${DestinationCidrBlock}`,
        attributes: { CidrBlock: DestinationCidrBlock },
      };
    },
    delete: ({ properties: { RouteTableId, DestinationCidrBlock } }, { call }) =>
      call("ec2", "DeleteRoute", { RouteTableId, DestinationCidrBlock }),
  },
  "AWS::EC2::SubnetRouteTableAssociation": {
    properties: { RouteTableId: "string", SubnetId: "string" },
    required: ["RouteTableId", "SubnetId"],
    attributes: ["Id"],
    replacedBy: "any",
    create: async ({ RouteTableId, SubnetId }, { call }) => {
      const { AssociationId } = await call("ec2", "AssociateRouteTable", { RouteTableId, SubnetId });
      return { physicalId: AssociationId, attributes: { Id: AssociationId } };
    },
    delete: ({ physicalId: AssociationId }, { call }) =>
      call("ec2", "DisassociateRouteTable", { AssociationId }),
  },
};

async function defaultSecurityGroup(vpcId: string, { call }: ProviderContext): Promise<string | undefined> {
  const { SecurityGroups } = await call("ec2", "DescribeSecurityGroups", {});
  const isDefault = (group: { VpcId: string; GroupName: string }) =>
    group.VpcId === vpcId && group.GroupName === "default";
  return SecurityGroups.find(isDefault)?.GroupId;
}

function setPublicIp(SubnetId: string, Value: boolean, { call }: ProviderContext): Promise<unknown> {
  return call("ec2", "ModifySubnetAttribute", { SubnetId, MapPublicIpOnLaunch: { Value } });
}
