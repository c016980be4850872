import { AwsError } from "../../aws-error.ts";
import type { Action, Scope } from "../../cloud.ts";
import type { Item, Network, Tagged } from "./network.ts";

interface Route {
  RouteTableId: string;
  DestinationCidrBlock?: string;
  DestinationIpv6CidrBlock?: string;
  DestinationPrefixListId?: string;
  [target: string]: unknown;
}

/** Route tables, their routes and associations. */
export function routeTableActions(networkOf: (scope: Scope) => Network): Record<string, Action> {
  return {
    CreateRouteTable: (input: Tagged & { VpcId: string }, scope) => ({
      RouteTable: describe(networkOf(scope).add("rtb", { Routes: [] }, input)),
    }),
    DescribeRouteTables: (input: { RouteTableIds?: string[] }, scope) => ({
      RouteTables: networkOf(scope).list("rtb", input.RouteTableIds).map(describe),
    }),
    DeleteRouteTable: (input: { RouteTableId: string }, scope) => {
      networkOf(scope).delete(input.RouteTableId);
      return {};
    },
    CreateRoute: (input: Route, scope) => {
      const { RouteTableId, ...route } = input;
      const { members } = networkOf(scope).get(RouteTableId);
      if (members.Routes.some((other: Route) => destination(other) === destination(input)))
        throw new AwsError("RouteAlreadyExists", `The route to ${destination(input)} already exists.`);
      members.Routes.push(route);
      return { Return: true };
    },
    DeleteRoute: (input: Route, scope) => {
      const { members } = networkOf(scope).get(input.RouteTableId);
      const rest = members.Routes.filter((other: Route) => destination(other) !== destination(input));
      if (rest.length === members.Routes.length)
        throw new AwsError("InvalidRoute.NotFound", `There is no route to ${destination(input)}.`);
      members.Routes = rest;
      return {};
    },
    AssociateRouteTable: (input: { RouteTableId: string; SubnetId: string }, scope) => {
      const network = networkOf(scope);
      network.get(input.RouteTableId);
      network.get(input.SubnetId);
      const uses = { RouteTableIds: [input.RouteTableId], SubnetIds: [input.SubnetId] };
      return { AssociationId: network.add("rtbassoc", uses, {}).id };
    },
    DisassociateRouteTable: (input: { AssociationId: string }, scope) => {
      networkOf(scope).delete(input.AssociationId);
      return {};
    },
  };
}

function describe({ id, vpcId, members, tags }: Item): object {
  return { RouteTableId: id, VpcId: vpcId, Routes: members.Routes, Tags: tags };
}

function destination(route: Partial<Route>): string | undefined {
  return route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId;
}
