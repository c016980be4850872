import { ecrProviders } from "./compute/ecr.ts";
import { ecsProviders } from "./compute/ecs.ts";
import { lambdaProviders } from "./compute/lambda.ts";
import { scalingProviders } from "./compute/scaling.ts";
import { messagingProviders } from "./data/messaging.ts";
import { storageProviders } from "./data/storage.ts";
import { valueProviders } from "./data/values.ts";
import { distributionProviders } from "./edge/cloudfront-distribution.ts";
import { cloudFrontFunctionProviders } from "./edge/cloudfront-functions.ts";
import { cloudFrontPolicyProviders } from "./edge/cloudfront-policies.ts";
import { iamProviders } from "./management/iam.ts";
import { logsProviders } from "./management/logs.ts";
import { monitoringProviders } from "./management/monitoring.ts";
import { schedulingProviders } from "./management/scheduling.ts";
import { ec2NetworkProviders } from "./network/ec2-network.ts";
import { ec2SecurityProviders } from "./network/ec2-security.ts";
import { loadBalancerProviders } from "./network/elbv2-load-balancer.ts";
import { routingProviders } from "./network/elbv2-routing.ts";
import type { Providers, ResourceProvider } from "./provider.ts";

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
