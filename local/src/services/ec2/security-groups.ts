import { isDeepStrictEqual } from "node:util";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action, type Scope } from "../../cloud.ts";
import type { Item, Network, Tagged } from "./network.ts";

/** A group begins with one rule: everything may leave. */
const ALLOW_ALL_OUT = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

interface Change {
  GroupId: string;
  IpPermissions: object[];
}

/** Security groups and their rules. */
export function securityGroupActions(networkOf: (scope: Scope) => Network): Record<string, Action> {
  const authorize =
    (list: string): Action =>
    (input: Change, scope) => {
      const { members } = networkOf(scope).get(input.GroupId);
      for (const rule of input.IpPermissions) {
        if (members[list].some((other: object) => isDeepStrictEqual(other, rule)))
          throw new AwsError("InvalidPermission.Duplicate", `The rule already exists in ${input.GroupId}.`);
        members[list].push(rule);
      }
      return { Return: true };
    };
  const revoke =
    (list: string): Action =>
    (input: Change, scope) => {
      const { members } = networkOf(scope).get(input.GroupId);
      for (const rule of input.IpPermissions) {
        const index = members[list].findIndex((other: object) => isDeepStrictEqual(other, rule));
        if (index < 0)
          throw new AwsError("InvalidPermission.NotFound", `The rule does not exist in ${input.GroupId}.`);
        members[list].splice(index, 1);
      }
      return { Return: true };
    };
  return {
    CreateSecurityGroup: (
      input: Tagged & { GroupName: string; Description: string; VpcId: string },
      scope,
    ) => {
      const network = networkOf(scope);
      const { GroupName, Description, VpcId } = input;
      if (
        network.list("sg").some(({ vpcId, members }) => vpcId === VpcId && members.GroupName === GroupName)
      ) {
        throw new AwsError(
          "InvalidGroup.Duplicate",
          `The security group '${GroupName}' already exists for VPC '${VpcId}'`,
        );
      }
      const rules = { IpPermissions: [], IpPermissionsEgress: [ALLOW_ALL_OUT] };
      return { GroupId: network.add("sg", { GroupName, Description, ...rules }, input).id };
    },
    DescribeSecurityGroups: (input: { GroupIds?: string[] }, scope) => ({
      SecurityGroups: networkOf(scope).list("sg", input.GroupIds).map(describe),
    }),
    DeleteSecurityGroup: (input: { GroupId: string }, scope) => {
      networkOf(scope).delete(input.GroupId);
      return {};
    },
    AuthorizeSecurityGroupIngress: authorize("IpPermissions"),
    AuthorizeSecurityGroupEgress: authorize("IpPermissionsEgress"),
    RevokeSecurityGroupIngress: revoke("IpPermissions"),
    RevokeSecurityGroupEgress: revoke("IpPermissionsEgress"),
  };
}

function describe({ id, vpcId, members, tags }: Item): object {
  return {
    GroupId: id,
    VpcId: vpcId,
    OwnerId: ACCOUNT,
    GroupName: members.GroupName,
    Description: members.Description,
    IpPermissions: members.IpPermissions,
    IpPermissionsEgress: members.IpPermissionsEgress,
    Tags: tags,
  };
}
