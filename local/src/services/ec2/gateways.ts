import { AwsError } from "../../aws-error.ts";
import type { Action, Scope } from "../../cloud.ts";
import type { Item, Network, Tagged } from "./network.ts";

interface Attachment {
  InternetGatewayId: string;
  VpcId: string;
}

/** Internet gateways and VPC endpoints. */
export function gatewayActions(networkOf: (scope: Scope) => Network): Record<string, Action> {
  return {
    CreateInternetGateway: (input: Tagged, scope) => ({
      InternetGateway: describeGateway(networkOf(scope).add("igw", { VpcIds: [] }, input)),
    }),
    DescribeInternetGateways: (input: { InternetGatewayIds?: string[] }, scope) => ({
      InternetGateways: networkOf(scope).list("igw", input.InternetGatewayIds).map(describeGateway),
    }),
    AttachInternetGateway: (input: Attachment, scope) => {
      const network = networkOf(scope);
      const { members } = network.get(input.InternetGatewayId);
      network.get(input.VpcId);
      if (members.VpcIds.length > 0)
        throw new AwsError("Resource.AlreadyAssociated", `${input.InternetGatewayId} is already attached.`);
      members.VpcIds = [input.VpcId];
      return {};
    },
    DetachInternetGateway: (input: Attachment, scope) => {
      const { members } = networkOf(scope).get(input.InternetGatewayId);
      if (!members.VpcIds.includes(input.VpcId))
        throw new AwsError(
          "Gateway.NotAttached",
          `${input.InternetGatewayId} is not attached to ${input.VpcId}.`,
        );
      members.VpcIds = [];
      return {};
    },
    DeleteInternetGateway: (input: { InternetGatewayId: string }, scope) => {
      const network = networkOf(scope);
      const { id, members } = network.get(input.InternetGatewayId);
      if (members.VpcIds.length > 0)
        throw new AwsError(
          "DependencyViolation",
          `The internetGateway '${id}' is still attached. Detach it first.`,
        );
      network.delete(id);
      return {};
    },
    CreateVpcEndpoint: (
      input: Tagged & { VpcId: string; ServiceName: string; [member: string]: unknown },
      scope,
    ) => {
      const { TagSpecifications: _, VpcId: __, ...members } = input;
      return { VpcEndpoint: describeEndpoint(networkOf(scope).add("vpce", members, input)) };
    },
    DescribeVpcEndpoints: (input: { VpcEndpointIds?: string[] }, scope) => ({
      VpcEndpoints: networkOf(scope).list("vpce", input.VpcEndpointIds).map(describeEndpoint),
    }),
    DeleteVpcEndpoints: (input: { VpcEndpointIds: string[] }, scope) => {
      for (const id of input.VpcEndpointIds) networkOf(scope).delete(id);
      return { Unsuccessful: [] };
    },
  };
}

function describeGateway({ id, members, tags }: Item): object {
  const Attachments = members.VpcIds.map((VpcId: string) => ({ VpcId, State: "available" }));
  return { InternetGatewayId: id, Attachments, Tags: tags };
}

function describeEndpoint({ id, vpcId, members, tags }: Item): object {
  return { ...members, VpcEndpointId: id, VpcId: vpcId, State: "available", Tags: tags };
}
