import type {
  CreateInvalidationRequest,
  GetInvalidationRequest,
  Invalidation,
  ListInvalidationsRequest,
} from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../aws-error.ts";
import { type Action, found } from "../../cloud.ts";
import type { Edge } from "../../cloudfront/edge.ts";
import { newId } from "../cloudfront-id.ts";
import { itemsOf, wholePage } from "./quantity-list.ts";

/** Invalidations. When the action returns, every edge has removed the objects of the paths. */
export function invalidationActions(
  now: () => number,
  edgesOf: (distributionId: string) => readonly Edge[] | undefined,
): Record<string, Action> {
  const done = new Map<string, Invalidation[]>();
  const edges = (id: string | undefined) =>
    found(edgesOf(id ?? ""), "NoSuchDistribution", `The specified distribution does not exist: ${id}.`, 404);
  return {
    CreateInvalidation: (input: CreateInvalidationRequest) => {
      const all = edges(input.DistributionId);
      const paths = itemsOf(input.InvalidationBatch?.Paths);
      const wrong = paths.find((path) => !path.startsWith("/"));
      if (wrong !== undefined || paths.length === 0)
        throw new AwsError(
          "InvalidArgument",
          `An invalidation path must begin with a slash: ${wrong ?? "no path was given"}.`,
        );
      for (const edge of all) for (const path of paths) edge.invalidate(path);
      const invalidation: Invalidation = {
        Id: newId("I"),
        Status: "Completed",
        CreateTime: new Date(now()),
        InvalidationBatch: input.InvalidationBatch,
      };
      done.set(input.DistributionId!, [...(done.get(input.DistributionId!) ?? []), invalidation]);
      const location = `https://cloudfront.amazonaws.com/2020-05-31/distribution/${input.DistributionId}/invalidation/${invalidation.Id}`;
      return { Location: location, Invalidation: invalidation };
    },
    GetInvalidation: (input: GetInvalidationRequest) => {
      const invalidation = done.get(input.DistributionId!)?.find((item) => item.Id === input.Id);
      return {
        Invalidation: found(invalidation, "NoSuchInvalidation", `There is no invalidation ${input.Id}.`, 404),
      };
    },
    ListInvalidations: (input: ListInvalidationsRequest) => {
      edges(input.DistributionId);
      const items = (done.get(input.DistributionId!) ?? []).map(({ Id, Status, CreateTime }) => ({
        Id,
        Status,
        CreateTime,
      }));
      return { InvalidationList: wholePage(items) };
    },
  };
}
