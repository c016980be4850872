import { awsError } from "./fake-aws.ts";

/** A resource with the tags of an app and a version. */
export interface Tagged {
  arn: string;
  app: string;
  id: string;
}

/** Resources of versions in the fake AWS, in addition to their stacks and services. */
export interface FakeResources {
  /** Services, rules, target groups, log groups. Stacks have their own tags. */
  tagged: Tagged[];
  /** Digest → tags. */
  images: Map<string, string[]>;
  /** Service → the minimum of its scaling. */
  fewest: Map<string, number>;
}

export function createFakeResources(): FakeResources {
  return { tagged: [], images: new Map(), fewest: new Map() };
}

const ACCOUNT = "eu-west-1:123456789012";

/** The calls on them, with AWS's errors for missing resources. */
export function resourceActions(
  { tagged, images, fewest }: FakeResources,
  stacks: ReadonlyMap<string, string>,
  services: Map<string, { running: number }>,
): Record<string, (input: any) => any> {
  const remove = (arn: string, missing: string) => {
    const index = tagged.findIndex((one) => one.arn === arn);
    if (index < 0) throw awsError(missing, 400);
    tagged.splice(index, 1);
    return {};
  };
  return {
    "tagging:GetResources": ({ TagFilters, ResourcesPerPage, PaginationToken }) => {
      const app = TagFilters[0].Values[0];
      const all = [...stackTags(stacks), ...tagged].filter((one) => one.app === app);
      const start = Number(PaginationToken ?? 0);
      const page = all.slice(start, start + ResourcesPerPage);
      return {
        ResourceTagMappingList: page.map((one) => ({
          ResourceARN: one.arn,
          Tags: [
            { Key: "lockstep:app", Value: one.app },
            { Key: "lockstep:version", Value: one.id },
          ],
        })),
        PaginationToken: start + page.length < all.length ? String(start + page.length) : "",
      };
    },
    "ecr:DescribeImages": () => ({
      imageDetails: [...images].map(([imageDigest, imageTags]) => ({ imageDigest, imageTags })),
    }),
    "ecr:BatchDeleteImage": ({ imageIds: [{ imageDigest }] }) => ({
      imageIds: images.delete(imageDigest) ? [{ imageDigest }] : [],
    }),
    "autoscaling:DescribeScalableTargets": () => ({
      ScalableTargets: [...fewest].map(([name, MinCapacity]) => ({
        ResourceId: `service/shop/${name}`,
        MinCapacity,
      })),
    }),
    "autoscaling:RegisterScalableTarget": ({ ResourceId, MinCapacity }) => {
      fewest.set(ResourceId.split("/").at(-1), MinCapacity);
      return {};
    },
    "ecs:DeleteService": ({ service }) => {
      services.delete(service);
      const arn = tagged.find((one) => one.arn.endsWith(`:service/shop/${service}`))?.arn;
      return remove(arn ?? "", "ServiceNotFoundException");
    },
    "elb:DescribeTargetHealth": ({ TargetGroupArn }) => {
      const id = /\d{8}-\d{6}-[0-9a-f]{7}/.exec(TargetGroupArn)![0];
      const healthy = { TargetHealth: { State: "healthy" } };
      return { TargetHealthDescriptions: Array(services.get(id)?.running ?? 0).fill(healthy) };
    },
    "elb:DeleteRule": ({ RuleArn }) => remove(RuleArn, "RuleNotFoundException"),
    "elb:DescribeTargetGroups": ({ TargetGroupArns: [arn] }) => {
      if (!tagged.some((one) => one.arn === arn)) throw awsError("TargetGroupNotFoundException", 400);
      return { TargetGroups: [{ TargetGroupArn: arn }] };
    },
    "elb:DeleteTargetGroup": ({ TargetGroupArn }) => remove(TargetGroupArn, "TargetGroupNotFoundException"),
    "logs:DeleteLogGroup": ({ logGroupName }) =>
      remove(`arn:aws:logs:${ACCOUNT}:log-group:${logGroupName}`, "ResourceNotFoundException"),
  };
}

function stackTags(stacks: ReadonlyMap<string, string>): Tagged[] {
  return [...stacks.keys()].map((name) => ({
    arn: `arn:aws:cloudformation:${ACCOUNT}:stack/${name}/1`,
    app: name.slice(0, -26),
    id: name.slice(-23),
  }));
}
