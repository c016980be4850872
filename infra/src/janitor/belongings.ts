import { DescribeImagesCommand, type ECRClient } from "@aws-sdk/client-ecr";
import {
  GetResourcesCommand,
  type ResourceGroupsTaggingAPIClient,
} from "@aws-sdk/client-resource-groups-tagging-api";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { isVersionId } from "@lockstep/edge/version-id";
import type { BucketOptions } from "../aws/objects.ts";
import { APP_TAG, VERSION_TAG } from "../version/version-names.ts";
import type { JanitorContext } from "./look.ts";

export type BelongingKind =
  | "stack"
  | "service"
  | "rule"
  | "target-group"
  | "log-group"
  | "image"
  | "files"
  | "manifest";

/** Something in AWS that says of itself that it belongs to a version of the app. */
export interface Belonging {
  kind: BelongingKind;
  /** Versions that it says it belongs to: one, and more for an image that several were made from. */
  ids: string[];
  /** Its ARN; the digest of an image, the prefix of files, the id of a manifest. */
  name: string;
}

/** What is asked for by tag → what it is. Types as the Resource Groups Tagging API names them. */
const TAGGED: readonly (readonly [type: string, kind: BelongingKind, arn: RegExp])[] = [
  ["cloudformation:stack", "stack", /^arn:[^:]+:cloudformation:.*:stack\//],
  ["ecs:service", "service", /^arn:[^:]+:ecs:.*:service\//],
  ["elasticloadbalancing:listener-rule", "rule", /:listener-rule\//],
  ["elasticloadbalancing:targetgroup", "target-group", /:targetgroup\//],
  ["logs:log-group", "log-group", /:log-group:/],
];
/** GetResources gives at most 100 a page. */
const TAGGED_PER_PAGE = 100;
/** DescribeImages gives at most 1,000 a page. */
const IMAGES_PER_PAGE = 1000;

/**
 * Everything that belongs to versions of the app by its own word: a tag, an image's tag, a key. In batches, whatever there is: by
 * hundreds what is tagged, by thousands the rest. AWS lists what was deleted lately for some time still.
 */
export async function readBelongings(context: JanitorContext): Promise<Belonging[]> {
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
    ...owned.map((id): Belonging => ({ kind: "manifest", ids: [id], name: id })),
  ];
}

async function readTagged(
  app: string,
  tagging: Pick<ResourceGroupsTaggingAPIClient, "send">,
): Promise<Belonging[]> {
  const found: Belonging[] = [];
  let token: string | undefined;
  do {
    const page = await tagging.send(
      new GetResourcesCommand({
        TagFilters: [{ Key: APP_TAG, Values: [app] }, { Key: VERSION_TAG }],
        ResourceTypeFilters: TAGGED.map(([type]) => type),
        ResourcesPerPage: TAGGED_PER_PAGE,
        PaginationToken: token,
      }),
    );
    for (const { ResourceARN: name = "", Tags = [] } of page.ResourceTagMappingList ?? []) {
      const kind = TAGGED.find(([, , arn]) => arn.test(name))?.[1];
      const tag = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
      const id = tag(VERSION_TAG);
      if (kind !== undefined && tag(APP_TAG) === app && isVersionId(id))
        found.push({ kind, ids: [id], name });
    }
    token = page.PaginationToken || undefined; // an empty one on the last page
  } while (token !== undefined);
  return found;
}

/** Images all of whose tags are version ids: releases pushed them. Any other tag is somebody's word that it is theirs. */
async function readImages(repositoryUri: string, ecr: Pick<ECRClient, "send">): Promise<Belonging[]> {
  const repositoryName = repositoryUri.slice(repositoryUri.indexOf("/") + 1);
  const found: Belonging[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecr.send(
      new DescribeImagesCommand({ repositoryName, maxResults: IMAGES_PER_PAGE, nextToken }),
    );
    for (const { imageDigest: name, imageTags: ids = [] } of page.imageDetails ?? [])
      if (name !== undefined && ids.length > 0 && ids.every((id) => isVersionId(id)))
        found.push({ kind: "image", ids, name });
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

/** `builds/<id>/`, by their first two parts: S3 puts what is below together. */
async function readBuilds({ s3, bucket }: BucketOptions): Promise<Belonging[]> {
  const found: Belonging[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: "builds/", Delimiter: "/", ContinuationToken }),
    );
    for (const { Prefix: name = "" } of page.CommonPrefixes ?? []) {
      const id = name.split("/")[1];
      if (isVersionId(id)) found.push({ kind: "files", ids: [id], name });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found;
}
