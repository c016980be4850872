import { CreateStackCommand, DeleteStackCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ComputeStage, openComputeStage } from "./compute-stage.ts";
import { template } from "./stage.ts";

const GLOBAL = { region: "us-east-1" };
let stage: ComputeStage;
beforeEach(async () => {
  stage = await openComputeStage();
});
afterEach(() => stage.close());

const att = (id: string, attribute: string) => ({ "Fn::GetAtt": [id, attribute] });

function edgeStack(code: string, comment: string): string {
  return template(
    {
      Pointer: { Type: "AWS::CloudFront::KeyValueStore", Properties: { Name: "pointer" } },
      Pin: {
        Type: "AWS::CloudFront::Function",
        Properties: {
          Name: "pin",
          AutoPublish: true,
          FunctionCode: code,
          FunctionConfig: {
            Comment: "pin",
            Runtime: "cloudfront-js-2.0",
            KeyValueStoreAssociations: [{ KeyValueStoreARN: att("Pointer", "Arn") }],
          },
        },
      },
      Files: { Type: "AWS::S3::Bucket", Properties: { VersioningConfiguration: { Status: "Enabled" } } },
      Access: {
        Type: "AWS::CloudFront::OriginAccessControl",
        Properties: {
          OriginAccessControlConfig: {
            Name: "access",
            OriginAccessControlOriginType: "s3",
            SigningBehavior: "always",
            SigningProtocol: "sigv4",
          },
        },
      },
      Cache: {
        Type: "AWS::CloudFront::CachePolicy",
        Properties: {
          CachePolicyConfig: {
            Name: "cache",
            MinTTL: 1,
            DefaultTTL: 60,
            MaxTTL: 60,
            ParametersInCacheKeyAndForwardedToOrigin: {
              EnableAcceptEncodingBrotli: true,
              EnableAcceptEncodingGzip: true,
              CookiesConfig: { CookieBehavior: "none" },
              HeadersConfig: { HeaderBehavior: "whitelist", Headers: ["x-version"] },
              QueryStringsConfig: { QueryStringBehavior: "none" },
            },
          },
        },
      },
      Secret: {
        Type: "AWS::SecretsManager::Secret",
        Properties: { GenerateSecretString: { PasswordLength: 12 } },
      },
      Edge: {
        Type: "AWS::CloudFront::Distribution",
        Properties: {
          DistributionConfig: {
            Enabled: true,
            Comment: comment,
            HttpVersion: "http2",
            DefaultCacheBehavior: {
              TargetOriginId: "files",
              ViewerProtocolPolicy: "allow-all",
              CachePolicyId: { Ref: "Cache" },
              FunctionAssociations: [{ EventType: "viewer-request", FunctionARN: att("Pin", "FunctionARN") }],
            },
            Origins: [
              {
                Id: "files",
                DomainName: att("Files", "RegionalDomainName"),
                OriginAccessControlId: att("Access", "Id"),
                S3OriginConfig: { OriginAccessIdentity: "" },
              },
              {
                Id: "api",
                DomainName: "api.example.com",
                CustomOriginConfig: { OriginProtocolPolicy: "http-only", OriginSSLProtocols: ["TLSv1.2"] },
                OriginCustomHeaders: [
                  {
                    HeaderName: "x-secret",
                    HeaderValue: {
                      "Fn::Join": [
                        "",
                        ["{{resolve:secretsmanager:", { Ref: "Secret" }, ":SecretString:::}}"],
                      ],
                    },
                  },
                ],
              },
            ],
          },
        },
      },
    },
    {
      Outputs: {
        Id: { Value: { Ref: "Edge" } },
        Domain: { Value: att("Edge", "DomainName") },
        Secret: { Value: { Ref: "Secret" } },
      },
    },
  );
}

describe("a stack with a distribution", () => {
  it("publishes its function, stores no secret in its records, and changes in place", async () => {
    const code = "function handler(event) { return event.request; }";
    await stage.cloudformation.send(
      new CreateStackCommand({ StackName: "edge", TemplateBody: edgeStack(code, "one") }),
    );
    const stack = await stage.settled("edge");
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
    const outputs = Object.fromEntries(stack.Outputs!.map((each) => [each.OutputKey, each.OutputValue]));
    expect(outputs.Domain).toMatch(/\.cloudfront\.net$/);
    const { Distribution } = await stage.cloud.call(
      "cloudfront",
      "GetDistribution",
      { Id: outputs.Id },
      GLOBAL,
    );
    const api = Distribution.DistributionConfig.Origins.Items[1];
    const { SecretString } = await stage.cloud.call(
      "secretsmanager",
      "GetSecretValue",
      { SecretId: outputs.Secret },
      { region: "eu-west-1" },
    );
    expect(api.CustomHeaders.Items).toEqual([{ HeaderName: "x-secret", HeaderValue: SecretString }]);
    expect((await stage.events("edge")).join()).not.toContain(SecretString);
    expect(await liveCode()).toBe(code);

    await stage.cloudformation.send(
      new UpdateStackCommand({ StackName: "edge", TemplateBody: edgeStack(`${code}//2`, "two") }),
    );
    expect((await stage.settled("edge")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await liveCode()).toBe(`${code}//2`);
    const changed = await stage.cloud.call("cloudfront", "GetDistribution", { Id: outputs.Id }, GLOBAL);
    expect(changed.Distribution.DistributionConfig.Comment).toBe("two");

    await stage.cloudformation.send(new DeleteStackCommand({ StackName: "edge" }));
    expect((await stage.settled(stack.StackId!)).StackStatus).toBe("DELETE_COMPLETE");
  });

  async function liveCode(): Promise<string> {
    const input = { Name: "pin", Stage: "LIVE" };
    const { FunctionCode } = await stage.cloud.call("cloudfront", "GetFunction", input, GLOBAL);
    return new TextDecoder().decode(FunctionCode);
  }
});

describe("a custom resource on the local Lambda", () => {
  /** Responds as CDK's handlers do: a PUT over https to the host of the ResponseURL. */
  const handler = `
    const https = require("node:https");
    exports.handler = async (event) => {
      const body = JSON.stringify({ Status: "SUCCESS", PhysicalResourceId: "it", Data: { Got: event.ResourceProperties.Say } });
      const url = new URL(event.ResponseURL);
      await new Promise((resolve, reject) => {
        const options = { hostname: url.hostname, path: url.pathname + url.search, method: "PUT", headers: { "content-length": body.length } };
        https.request(options, (response) => response.resume().on("end", resolve)).on("error", reject).end(body);
      });
    };`;

  it("gets the function's response over https at an AWS host name", async () => {
    const resources = {
      Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Statement: [] } } },
      Handler: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Code: { ZipFile: handler },
          Handler: "index.handler",
          Runtime: "nodejs22.x",
          Role: att("Role", "Arn"),
        },
      },
      It: { Type: "Custom::It", Properties: { ServiceToken: att("Handler", "Arn"), Say: "hello" } },
    };
    await stage.cloudformation.send(
      new CreateStackCommand({
        StackName: "custom",
        TemplateBody: template(resources, { Outputs: { Got: { Value: att("It", "Got") } } }),
        Capabilities: ["CAPABILITY_IAM"],
      }),
    );
    expect(await stage.settled("custom")).toMatchObject({
      StackStatus: "CREATE_COMPLETE",
      Outputs: [{ OutputKey: "Got", OutputValue: "hello" }],
    });
  });
});
