/**
 * Amazon EC2, networking only.
 *
 * **Gaps**: only CloudFormation can call it. Over the wire, every EC2 action is refused by name, because ec2-query is
 * not implemented. No instances.
 * **By design**: recorded, not simulated: routes and security groups have no effect on traffic. AWS's checks of
 * references apply: missing resources are refused, and resources in use are not deleted.
 */
import type { Cloud, Service } from "../../cloud.ts";
import { perRegion } from "../../cloud.ts";
import { gatewayActions } from "./gateways.ts";
import { Network } from "./network.ts";
import { routeTableActions } from "./route-tables.ts";
import { securityGroupActions } from "./security-groups.ts";
import { vpcActions } from "./vpcs.ts";

/** Creates EC2 with a network per region. */
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
