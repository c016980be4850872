import { ecrProviders } from "./providers/compute/ecr.ts";
import { ecsProviders } from "./providers/compute/ecs.ts";
import { lambdaProviders } from "./providers/compute/lambda.ts";
import { scalingProviders } from "./providers/compute/scaling.ts";
import { messagingProviders } from "./providers/data/messaging.ts";
import { storageProviders } from "./providers/data/storage.ts";
import { valueProviders } from "./providers/data/values.ts";
import { distributionProviders } from "./providers/edge/cloudfront-distribution.ts";
import { cloudFrontFunctionProviders } from "./providers/edge/cloudfront-functions.ts";
import { cloudFrontPolicyProviders } from "./providers/edge/cloudfront-policies.ts";
import { iamProviders } from "./providers/management/iam.ts";
import { logsProviders } from "./providers/management/logs.ts";
import { monitoringProviders } from "./providers/management/monitoring.ts";
import { schedulingProviders } from "./providers/management/scheduling.ts";
import { ec2NetworkProviders } from "./providers/network/ec2-network.ts";
import { ec2SecurityProviders } from "./providers/network/ec2-security.ts";
import { loadBalancerProviders } from "./providers/network/elbv2-load-balancer.ts";
import { routingProviders } from "./providers/network/elbv2-routing.ts";
import type { Providers, ResourceProvider } from "./providers/provider.ts";

/** CDK adds this type to every template to count its constructs. It creates no resource. */
const metadataProvider: ResourceProvider = {
  properties: { Analytics: "string", Modules: "string" },
  attributes: [],
  replacedBy: [],
  create: async (_properties, context) => ({ physicalId: context.name() }),
  update: async () => undefined,
  delete: async () => {},
};

/** Returns the providers of all supported resource types. */
export function createProviders(customResource: ResourceProvider): Providers {
  return {
    ...cloudFrontFunctionProviders,
    ...cloudFrontPolicyProviders,
    ...distributionProviders,
    ...ec2NetworkProviders,
    ...ec2SecurityProviders,
    ...ecrProviders,
    ...ecsProviders,
    ...iamProviders,
    ...lambdaProviders,
    ...loadBalancerProviders,
    ...logsProviders,
    ...messagingProviders,
    ...monitoringProviders,
    ...routingProviders,
    ...scalingProviders,
    ...schedulingProviders,
    ...storageProviders,
    ...valueProviders,
    "AWS::CDK::Metadata": metadataProvider,
    "AWS::CloudFormation::CustomResource": customResource,
  };
}
