import { ORIGIN_SECRET_HEADER } from "@lockstep/edge/names";
import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { PLATFORM_OUTPUT_IDS } from "../../src/base/outputs.ts";
import { only, resources, synthesize, testConfig } from "./synthesized.ts";

const assembly = synthesize();
const platform = "shop-platform";
const template = JSON.stringify(assembly.getStackByName(platform).template);

/** The resource types that the local AWS supports. */
const TYPES =
  /^(AWS::EC2::(VPC|Subnet|RouteTable|Route|SubnetRouteTableAssociation|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|VPCEndpoint)|AWS::ElasticLoadBalancingV2::(LoadBalancer|Listener|ListenerRule)|AWS::ECS::Cluster|AWS::ECR::Repository|AWS::Logs::LogGroup|AWS::S3::(Bucket|BucketPolicy)|AWS::SSM::Parameter|AWS::SecretsManager::Secret|AWS::CloudFront::(KeyValueStore|Function|OriginAccessControl|CachePolicy|OriginRequestPolicy|ResponseHeadersPolicy|Distribution)|AWS::Lambda::(Function|Version|EventInvokeConfig)|AWS::IAM::(Role|Policy)|AWS::Scheduler::Schedule|AWS::CloudWatch::Alarm|AWS::SNS::Topic|AWS::SQS::(Queue|QueuePolicy)|Custom::CrossRegionStringParameterReader)$/;

describe("the platform stack", () => {
  it("contains only resource types that the local AWS supports", () => {
    const types = assembly.stacks.flatMap((stack) =>
      Object.values(resources(assembly, stack.stackName)).map((one) => one.Type),
    );
    expect(types.filter((type) => !TYPES.test(type))).toEqual([]);
  });

  it("has every output that releases read", () => {
    expect(Object.keys(assembly.getStackByName(platform).template.Outputs).sort()).toEqual(
      Object.values(PLATFORM_OUTPUT_IDS).sort(),
    );
  });

  it("needs no lookups, also if the account is known", () => {
    expect(assembly.manifest.missing).toBeUndefined();
    expect(synthesize(testConfig(), "123456789012").manifest.missing).toBeUndefined();
  });

  it("is one stack in us-east-1, and two elsewhere, because the edge function must be in us-east-1", () => {
    const names = (region: string) =>
      synthesize(testConfig({ region }))
        .stacks.map((stack) => stack.stackName)
        .sort();
    expect(names("us-east-1")).toEqual(["shop-platform"]);
    expect(names("eu-west-3")).toEqual(["shop-edge", "shop-platform"]);
  });

  it("has no NAT gateway", () => {
    expect(template).not.toContain("NatGateway");
  });

  it("starts with a map that the edge can read and that any release replaces", () => {
    const { Properties } = only(assembly, platform, "AWS::SSM::Parameter");
    expect(Properties).toMatchObject({ Name: "/lockstep/shop/version-map", Tier: "Intelligent-Tiering" });
    const { r, current, versions } = parseVersionMap(Properties.Value);
    expect({ r, current, versions }).toEqual({ r: 0, current: null, versions: {} });
  });

  it("does not overwrite the map when the configuration changes", () => {
    const other = synthesize(
      testConfig({ edge: { hostSuffix: "other.example" }, protection: { maxVersions: 50 } }),
    );
    expect(only(other, platform, "AWS::SSM::Parameter")).toEqual(
      only(assembly, platform, "AWS::SSM::Parameter"),
    );
  });

  it("retains files, ledger and images when the stack is deleted", () => {
    const kept = [
      ...Object.values(resources(assembly, platform, "AWS::S3::Bucket")),
      only(assembly, platform, "AWS::ECR::Repository"),
    ];
    expect(kept.map((one) => one.DeletionPolicy)).toEqual(["Retain", "Retain", "Retain"]);
  });

  it("never expires an image of a running version", () => {
    const { Properties } = only(assembly, platform, "AWS::ECR::Repository");
    expect(Properties).toMatchObject({ ImageTagMutability: "IMMUTABLE" });
    expect(Properties).not.toHaveProperty("LifecyclePolicy");
  });
});

describe("the load balancer", () => {
  it("admits only CloudFront, on one port", () => {
    const ingress = Object.values(resources(assembly, platform, "AWS::EC2::SecurityGroupIngress"));
    const fromOutside = ingress.filter(({ Properties }) => Properties.SourceSecurityGroupId === undefined);
    expect(fromOutside.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ SourcePrefixListId: "pl-a3a144ca", FromPort: 80, ToPort: 80 }),
    ]);
    for (const { Properties } of Object.values(resources(assembly, platform, "AWS::EC2::SecurityGroup")))
      expect(Properties).not.toHaveProperty("SecurityGroupIngress");
  });

  it("admits only the load balancer to the tasks, on the API's port", () => {
    const ingress = Object.values(resources(assembly, platform, "AWS::EC2::SecurityGroupIngress"));
    expect(ingress.filter(({ Properties }) => Properties.SourceSecurityGroupId)).toEqual([
      expect.objectContaining({ Properties: expect.objectContaining({ FromPort: 3000, ToPort: 3000 }) }),
    ]);
  });

  it("refuses requests without the secret, and never forwards by default", () => {
    const { Properties } = only(assembly, platform, "AWS::ElasticLoadBalancingV2::Listener");
    expect(Properties.DefaultActions).toEqual([
      { Type: "fixed-response", FixedResponseConfig: expect.objectContaining({ StatusCode: "403" }) },
    ]);
  });

  it("answers 409 with the problem document for a version without a rule", () => {
    const { Properties } = only(assembly, platform, "AWS::ElasticLoadBalancingV2::ListenerRule");
    expect(Properties.Priority).toBe(50_000);
    const { StatusCode, MessageBody } = Properties.Actions[0].FixedResponseConfig;
    expect(StatusCode).toBe("409");
    expect(JSON.parse(MessageBody)).toMatchObject({ type: "urn:lockstep:version-gone", status: 409 });
    expect(Buffer.byteLength(MessageBody)).toBeLessThanOrEqual(1024);
  });

  it("closes idle connections after 60 seconds", () => {
    const { Properties } = only(assembly, platform, "AWS::ElasticLoadBalancingV2::LoadBalancer");
    expect(Properties.LoadBalancerAttributes).toContainEqual({
      Key: "idle_timeout.timeout_seconds",
      Value: "60",
    });
  });

  it("uses HTTPS if a certificate is configured", () => {
    const certificateArn =
      "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000";
    const secure = synthesize(
      testConfig({ edge: { origin: { domainName: "origin.example.com", certificateArn } } }),
    );
    expect(only(secure, platform, "AWS::ElasticLoadBalancingV2::Listener").Properties).toMatchObject({
      Port: 443,
      Protocol: "HTTPS",
      Certificates: [{ CertificateArn: certificateArn }],
    });
    const { Origins } = only(secure, platform, "AWS::CloudFront::Distribution").Properties.DistributionConfig;
    expect(Origins[1]).toMatchObject({
      DomainName: "origin.example.com",
      CustomOriginConfig: { OriginProtocolPolicy: "https-only" },
    });
  });
});

describe("the origin secret", () => {
  const secretReference = {
    "Fn::Join": [
      "",
      ["{{resolve:secretsmanager:", { Ref: expect.stringMatching(/OriginSecret/) }, ":SecretString:::}}"],
    ],
  };

  it("is generated on AWS, so that no template contains it", () => {
    const { Properties } = only(assembly, platform, "AWS::SecretsManager::Secret");
    expect(Properties.GenerateSecretString).toMatchObject({ PasswordLength: 48, ExcludePunctuation: true });
    expect(Properties).not.toHaveProperty("SecretString");
  });

  it("reaches CloudFront and the load balancer by reference", () => {
    const rule = only(assembly, platform, "AWS::ElasticLoadBalancingV2::ListenerRule").Properties;
    expect(rule.Conditions[0].HttpHeaderConfig).toEqual({
      HttpHeaderName: ORIGIN_SECRET_HEADER,
      Values: [secretReference],
    });
    const { Origins } = only(assembly, platform, "AWS::CloudFront::Distribution").Properties
      .DistributionConfig;
    expect(Origins[1].OriginCustomHeaders).toEqual([
      { HeaderName: ORIGIN_SECRET_HEADER, HeaderValue: secretReference },
    ]);
    // In the rule and in the origin. `route` drops what a viewer sends under that name.
    expect(template.split(ORIGIN_SECRET_HEADER)).toHaveLength(3);
  });
});

describe("the buckets", () => {
  it("are private and encrypted, and the ledger's is versioned", () => {
    const buckets = Object.entries(resources(assembly, platform, "AWS::S3::Bucket"));
    for (const [, { Properties }] of buckets) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(Properties).toHaveProperty("BucketEncryption");
    }
    const [, state] = buckets.find(([id]) => id.includes("StateBucket"))!;
    expect(state.Properties.VersioningConfiguration).toEqual({ Status: "Enabled" });
  });

  it("let only this distribution read objects, and list them so that a missing one is a 404", () => {
    const policies = Object.values(resources(assembly, platform, "AWS::S3::BucketPolicy"));
    const allowed = policies
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: ["s3:GetObject", "s3:ListBucket"],
        Principal: { Service: "cloudfront.amazonaws.com" },
        Condition: { StringEquals: { "AWS:SourceArn": expect.anything() } },
      }),
    ]);
  });
});

it("Only the functions for documents and for the status use the KeyValueStore of the pointer", () => {
  const stores = Object.values(resources(assembly, platform, "AWS::CloudFront::Function")).map(
    ({ Properties }) => [Properties.Name, Properties.FunctionConfig] as const,
  );
  for (const [name, functionConfig] of stores) {
    expect(functionConfig.Runtime).toBe("cloudfront-js-2.0");
    expect(functionConfig.KeyValueStoreAssociations !== undefined).toBe(
      ["shop-pin-document", "shop-pin-file", "shop-status"].includes(name),
    );
  }
  expect(stores).toHaveLength(6);
});
