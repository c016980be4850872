/**
 * Amazon EC2, networking only.
 *
 * **Gaps**: reachable for CloudFormation alone; over the wire every EC2 action is refused by name (no client here speaks
 * ec2-query). No instances.
 * **By design**: recorded, not simulated: a route or a security group lets nothing in and keeps nothing out. What AWS
 * checks about references is checked: what does not exist is refused, what is still used is not deleted.
 */
import type { Cloud, Service } from "../../cloud.ts";
import { perRegion } from "../../cloud.ts";
import { gatewayActions } from "./gateways.ts";
import { Network } from "./network.ts";
import { routeTableActions } from "./route-tables.ts";
import { securityGroupActions } from "./security-groups.ts";
import { vpcActions } from "./vpcs.ts";

/** EC2 with a network per region. */
export function createEc2(_cloud: Cloud): Service {
  const networkOf = perRegion((region) => new Network(region));
  return {
    actions: {
      ...vpcActions(networkOf),
      ...routeTableActions(networkOf),
      ...gatewayActions(networkOf),
      ...securityGroupActions(networkOf),
    },
  };
}
