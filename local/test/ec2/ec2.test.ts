import { tmpdir } from "node:os";
import { beforeEach, describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createEc2 } from "../../src/services/ec2/ec2.ts";

let call: (action: string, input: object) => Promise<any>;

beforeEach(() => {
  const cloud = new Cloud({ stateDir: tmpdir() });
  cloud.register("ec2", createEc2(cloud));
  call = (action, input) => cloud.call("ec2", action, input, { region: "eu-west-1" });
});

async function makeVpc(): Promise<string> {
  return (await call("CreateVpc", { CidrBlock: "10.0.0.0/16" })).Vpc.VpcId;
}

describe("EC2", () => {
  it("refuses missing resources, and keeps resources in use", async () => {
    await expect(call("CreateSubnet", { VpcId: "vpc-0", CidrBlock: "10.0.0.0/24" })).rejects.toMatchObject({
      code: "InvalidVpcID.NotFound",
    });
    const VpcId = await makeVpc();
    const { Subnet } = await call("CreateSubnet", {
      VpcId,
      CidrBlock: "10.0.0.0/24",
      AvailabilityZone: "eu-west-1b",
    });
    expect(Subnet).toMatchObject({ AvailabilityZone: "eu-west-1b", VpcId });
    await expect(call("DeleteVpc", { VpcId })).rejects.toMatchObject({ code: "DependencyViolation" });
    await call("DeleteSubnet", { SubnetId: Subnet.SubnetId });
    await call("DeleteVpc", { VpcId });
    expect((await call("DescribeSecurityGroups", {})).SecurityGroups).toEqual([]);
  });

  it("creates and deletes a route table with its associations, routes and gateway", async () => {
    const VpcId = await makeVpc();
    const { InternetGatewayId } = (await call("CreateInternetGateway", {})).InternetGateway;
    const { RouteTableId } = (await call("CreateRouteTable", { VpcId })).RouteTable;
    const { SubnetId } = (await call("CreateSubnet", { VpcId, CidrBlock: "10.0.0.0/24" })).Subnet;
    await call("AttachInternetGateway", { InternetGatewayId, VpcId });
    const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId };
    await call("CreateRoute", route);
    await expect(call("CreateRoute", route)).rejects.toMatchObject({ code: "RouteAlreadyExists" });
    const { AssociationId } = await call("AssociateRouteTable", { RouteTableId, SubnetId });
    await expect(call("DeleteRouteTable", { RouteTableId })).rejects.toMatchObject({
      code: "DependencyViolation",
    });
    await expect(call("DeleteInternetGateway", { InternetGatewayId })).rejects.toMatchObject({
      code: "DependencyViolation",
    });
    await call("DisassociateRouteTable", { AssociationId });
    await call("DeleteRouteTable", { RouteTableId });
    await call("DeleteSubnet", { SubnetId });
    await expect(call("DeleteVpc", { VpcId })).rejects.toMatchObject({ code: "DependencyViolation" });
    await call("DetachInternetGateway", { InternetGatewayId, VpcId });
    await call("DeleteInternetGateway", { InternetGatewayId });
    await call("DeleteVpc", { VpcId });
  });

  it("identifies a security group's rule by what it permits", async () => {
    const VpcId = await makeVpc();
    const { GroupId } = await call("CreateSecurityGroup", { VpcId, GroupName: "alb", Description: "d" });
    const everything = {
      IpProtocol: "-1",
      FromPort: undefined,
      IpRanges: [{ CidrIp: "0.0.0.0/0", Description: undefined }],
    };
    await call("RevokeSecurityGroupEgress", { GroupId, IpPermissions: [everything] });
    const rule = {
      IpProtocol: "tcp",
      FromPort: 80,
      ToPort: 80,
      PrefixListIds: [{ PrefixListId: "pl-1", Description: "a" }],
    };
    const { SecurityGroupRules } = await call("AuthorizeSecurityGroupIngress", {
      GroupId,
      IpPermissions: [rule],
    });
    expect(SecurityGroupRules).toMatchObject([
      { GroupId, SecurityGroupRuleId: expect.stringMatching(/^sgr-/) },
    ]);
    const same = { ...rule, PrefixListIds: [{ PrefixListId: "pl-1", Description: "b" }] };
    const again = call("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: [same] });
    await expect(again).rejects.toMatchObject({ code: "InvalidPermission.Duplicate" });
    const groups = (await call("DescribeSecurityGroups", { GroupIds: [GroupId] })).SecurityGroups;
    expect(groups).toMatchObject([{ GroupName: "alb", IpPermissions: [rule], IpPermissionsEgress: [] }]);
  });
});
