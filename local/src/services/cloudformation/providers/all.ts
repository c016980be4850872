import type { Providers, ResourceProvider } from "../provider.ts";
import { distributionProviders } from "./cloudfront-distribution.ts";
import { cloudFrontFunctionProviders } from "./cloudfront-functions.ts";
import { cloudFrontPolicyProviders } from "./cloudfront-policies.ts";
import { ec2NetworkProviders } from "./ec2-network.ts";
import { ec2SecurityProviders } from "./ec2-security.ts";
import { ecrProviders } from "./ecr.ts";
import { ecsProviders } from "./ecs.ts";
import { loadBalancerProviders } from "./elbv2-load-balancer.ts";
import { routingProviders } from "./elbv2-routing.ts";
import { iamProviders } from "./iam.ts";
import { lambdaProviders } from "./lambda.ts";
import { logsProviders } from "./logs.ts";
import { messagingProviders } from "./messaging.ts";
import { monitoringProviders } from "./monitoring.ts";
import { scalingProviders } from "./scaling.ts";
import { schedulingProviders } from "./scheduling.ts";
import { storageProviders } from "./storage.ts";
import { valueProviders } from "./values.ts";

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
