import { DescribeImagesCommand, type ECRClient } from "@aws-sdk/client-ecr";
import {
  GetResourcesCommand,
  type ResourceGroupsTaggingAPIClient,
} from "@aws-sdk/client-resource-groups-tagging-api";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { BUILDS_PATH } from "@lockstep/edge/build-path";
import { isVersionId } from "@lockstep/edge/version-id";
import { allPages } from "../../aws/all-pages.ts";
import { repositoryName } from "../../aws/images.ts";
import type { BucketOptions } from "../../aws/objects.ts";
import { APP_TAG, VERSION_TAG } from "../../base/version-names.ts";
import type { ReadContext } from "../../versions/context.ts";

export type ResourceKind =
  | "stack"
  | "service"
  | "rule"
  | "target-group"
  | "log-group"
  | "image"
  | "files"
  | "manifest";

/** A resource in AWS whose tag, image tag or key names a version of the app. */
export interface AppResource {
  kind: ResourceKind;
  /** The versions that it names. An image can name several. */
  ids: string[];
  /** ARN; for an image its digest, for files their prefix, for a manifest its version id. */
  name: string;
}

/** Resource types of the Resource Groups Tagging API, with the kind and the ARN of each. */
const TAGGED: readonly (readonly [type: string, kind: ResourceKind, arn: RegExp])[] = [
  ["cloudformation:stack", "stack", /^arn:[^:]+:cloudformation:.*:stack\//],
  ["ecs:service", "service", /^arn:[^:]+:ecs:.*:service\//],
  ["elasticloadbalancing:listener-rule", "rule", /:listener-rule\//],
  ["elasticloadbalancing:targetgroup", "target-group", /:targetgroup\//],
  ["logs:log-group", "log-group", /:log-group:/],
];
/** GetResources returns at most 100 resources per page. */
const TAGGED_PER_PAGE = 100;
/** DescribeImages returns at most 1,000 images per page. */
const IMAGES_PER_PAGE = 1000;

/**
 * Lists all resources that name a version of the app. The number of calls depends on the number of pages, not on the
 * number of versions. The Tagging API keeps listing deleted resources for a while.
 */
export async function listAppResources(context: ReadContext): Promise<AppResource[]> {
  const { config, outputs, clients, lifecycle } = context;
  const [tagged, images, builds, manifests] = await Promise.all([
    readTagged(config.app, clients.tagging),
    readImages(outputs.imageRepositoryUri, clients.ecr),
    readBuilds({ s3: clients.s3, bucket: outputs.webBucket }),
    lifecycle.manifests.list(),
  ]);
  const owned = manifests.filter((id) => isVersionId(id));
  return [
    ...tagged,
    ...images,
    ...builds,
    ...owned.map((id): AppResource => ({ kind: "manifest", ids: [id], name: id })),
  ];
}

async function readTagged(
  app: string,
  tagging: Pick<ResourceGroupsTaggingAPIClient, "send">,
): Promise<AppResource[]> {
  const found: AppResource[] = [];
  const filter = {
    TagFilters: [{ Key: APP_TAG, Values: [app] }, { Key: VERSION_TAG }],
    ResourceTypeFilters: TAGGED.map(([type]) => type),
    ResourcesPerPage: TAGGED_PER_PAGE,
  };
  const pages = allPages(
    (PaginationToken) => tagging.send(new GetResourcesCommand({ ...filter, PaginationToken })),
    (page) => page.PaginationToken,
  );
  for await (const page of pages)
    for (const { ResourceARN: name = "", Tags = [] } of page.ResourceTagMappingList ?? []) {
      const kind = TAGGED.find(([, , arn]) => arn.test(name))?.[1];
      const tag = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
      const id = tag(VERSION_TAG);
      if (kind !== undefined && tag(APP_TAG) === app && isVersionId(id))
        found.push({ kind, ids: [id], name });
    }
  return found;
}

/** Images that have only version ids as tags. An image with any other tag does not belong to Lockstep alone. */
async function readImages(repositoryUri: string, ecr: Pick<ECRClient, "send">): Promise<AppResource[]> {
  const found: AppResource[] = [];
  const filter = { repositoryName: repositoryName(repositoryUri), maxResults: IMAGES_PER_PAGE };
  const pages = allPages(
    (nextToken) => ecr.send(new DescribeImagesCommand({ ...filter, nextToken })),
    (page) => page.nextToken,
  );
  for await (const page of pages)
    for (const { imageDigest: name, imageTags: ids = [] } of page.imageDetails ?? [])
      if (name !== undefined && ids.length > 0 && ids.every((id) => isVersionId(id)))
        found.push({ kind: "image", ids, name });
  return found;
}

/** The prefixes `builds/<id>/`, which S3 groups by the delimiter. */
async function readBuilds({ s3, bucket }: BucketOptions): Promise<AppResource[]> {
  const found: AppResource[] = [];
  const filter = { Bucket: bucket, Prefix: BUILDS_PATH.slice(1), Delimiter: "/" };
  const pages = allPages(
    (ContinuationToken) => s3.send(new ListObjectsV2Command({ ...filter, ContinuationToken })),
    (page) => page.NextContinuationToken,
  );
  for await (const page of pages)
    for (const { Prefix: name = "" } of page.CommonPrefixes ?? []) {
      const id = name.split("/")[1];
      if (isVersionId(id)) found.push({ kind: "files", ids: [id], name });
    }
  return found;
}
