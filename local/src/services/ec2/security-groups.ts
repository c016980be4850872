import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action, type Scope } from "../../cloud.ts";
import type { Item, Network, Tagged } from "./network.ts";

/** The initial rule of a group: all outgoing traffic is permitted. */
const ALLOW_ALL_OUT = {
  id: "sgr-default",
  permission: { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
};

type RuleList = "IpPermissions" | "IpPermissionsEgress";

interface Rule {
  id: string;
  permission: object;
}

interface Change {
  GroupId: string;
  IpPermissions: object[];
}

/** Security groups and their rules. */
export function securityGroupActions(networkOf: (scope: Scope) => Network): Record<string, Action> {
  const authorize =
    (list: RuleList): Action =>
    (input: Change, scope) => {
      const { id, members } = networkOf(scope).get(input.GroupId);
      const rules: Rule[] = members[list];
      const added = input.IpPermissions.map((permission) => {
        if (rules.some((rule) => isSame(rule.permission, permission)))
          throw new AwsError("InvalidPermission.Duplicate", `The rule already exists in ${id}.`);
        return { id: `sgr-0${randomBytes(8).toString("hex")}`, permission };
      });
      rules.push(...added);
      return {
        Return: true,
        SecurityGroupRules: added.map((rule) => ({ SecurityGroupRuleId: rule.id, GroupId: id })),
      };
    };
  const revoke =
    (list: RuleList): Action =>
    (input: Change, scope) => {
      const { id, members } = networkOf(scope).get(input.GroupId);
      for (const permission of input.IpPermissions) {
        const rest = members[list].filter((rule: Rule) => !isSame(rule.permission, permission));
        if (rest.length === members[list].length)
          throw new AwsError("InvalidPermission.NotFound", `The rule does not exist in ${id}.`);
        members[list] = rest;
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
    IpPermissions: members.IpPermissions.map(({ permission }: Rule) => permission),
    IpPermissionsEgress: members.IpPermissionsEgress.map(({ permission }: Rule) => permission),
    Tags: tags,
  };
}

/** Compares what two rules permit, without their descriptions and omitted members. */
function isSame(a: object, b: object): boolean {
  const essence = (permission: object): unknown =>
    JSON.parse(JSON.stringify(permission, (name, value) => (name === "Description" ? undefined : value)));
  return isDeepStrictEqual(essence(a), essence(b));
}
