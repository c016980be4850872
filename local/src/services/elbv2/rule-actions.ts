import type { Action, TargetGroupTuple } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type RouteAction, weightedGroups } from "../../alb/routes.ts";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { findTargetGroup } from "./find.ts";
import { boolean, integer, invalid, required } from "./input.ts";
import type { LoadBalancerRecord, RegionState } from "./model.ts";

/** Maximum size of a fixed response's body (ALB quota). */
const FIXED_RESPONSE_MAX_BYTES = 1024;
/** Permitted content types of a fixed response (ELBv2 API reference, `FixedResponseActionConfig`). */
const CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
/** Maximum number of target groups in one forward action (ALB quota), each with a weight from 0 to 999. */
const GROUPS_PER_ACTION = 5;
const MAX_WEIGHT = 999;

/** Checks the actions of a rule or a listener and returns them as AWS does. */
export function normalizeActions(action: string, state: RegionState, input: Action[] | undefined): Action[] {
  const actions = required(input, "Actions");
  if (actions.length !== 1) throw invalid("Exactly one forward or fixed-response action must be specified");
  return [normalize(action, state, actions[0]!)];
}

/** Converts a returned action for the data plane. */
export function toRouteAction(state: RegionState, actions: Action[]): RouteAction {
  const action = actions[0]!;
  if (action.Type === "fixed-response") {
    const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig!;
    const contentType = `${ContentType ?? "text/plain"}; charset=utf-8`;
    return {
      type: "fixed-response",
      status: Number(StatusCode),
      contentType,
      body: Buffer.from(MessageBody ?? ""),
    };
  }
  const groups = action.ForwardConfig!.TargetGroups!.map((tuple) => ({
    group: state.targetGroups.get(tuple.TargetGroupArn!)!.group,
    weight: tuple.Weight!,
  }));
  return { type: "forward", nextGroup: weightedGroups(groups) };
}

export function groupArnsOf(actions: Action[]): string[] {
  return actions.flatMap((action) => action.ForwardConfig?.TargetGroups?.map((t) => t.TargetGroupArn!) ?? []);
}

/** Refuses a target group of another load balancer (ALB quota), because targets have one set of health checks. */
export function checkAssociations(
  state: RegionState,
  actions: Action[],
  loadBalancer: LoadBalancerRecord,
): void {
  for (const arn of groupArnsOf(actions)) {
    const other = state.targetGroups.get(arn)?.loadBalancer;
    if (other !== undefined && other !== loadBalancer) {
      throw new AwsError(
        "TargetGroupAssociationLimit",
        `The target group '${arn}' is already associated with the load balancer '${other.arn}'`,
      );
    }
  }
}

function normalize(action: string, state: RegionState, input: Action): Action {
  const order =
    input.Order === undefined ? {} : { Order: integer(input.Order, "Order", { min: 1, max: 50000 }) };
  switch (required(input.Type, "Action.Type")) {
    case "fixed-response":
      refuseUnknown(`elbv2:${action}`, input, ["Type", "Order", "FixedResponseConfig"]);
      return { Type: "fixed-response", ...order, FixedResponseConfig: fixedResponse(action, input) };
    case "forward":
      refuseUnknown(`elbv2:${action}`, input, ["Type", "Order", "TargetGroupArn", "ForwardConfig"]);
      return { ...forward(action, state, input), ...order };
    default:
      throw notImplemented(`elbv2:${action} with a '${input.Type}' action`);
  }
}

function fixedResponse(action: string, input: Action): Action["FixedResponseConfig"] {
  const config = required(input.FixedResponseConfig, "FixedResponseConfig");
  refuseUnknown(`elbv2:${action}`, config, ["StatusCode", "ContentType", "MessageBody"]);
  const status = String(config.StatusCode);
  if (!/^[245]\d\d$/.test(status)) throw invalid(`The status code '${status}' must be 2XX, 4XX or 5XX`);
  if (config.ContentType !== undefined && !CONTENT_TYPES.includes(config.ContentType))
    throw invalid(
      `The content type '${config.ContentType}' of a fixed response must be one of ${CONTENT_TYPES.join(", ")}`,
    );
  const bytes = Buffer.byteLength(config.MessageBody ?? "");
  if (bytes > FIXED_RESPONSE_MAX_BYTES)
    throw invalid(
      `The message body of a fixed response has ${bytes} bytes; ${FIXED_RESPONSE_MAX_BYTES} are allowed`,
    );
  return { ...config, StatusCode: status };
}

function forward(action: string, state: RegionState, input: Action): Action {
  const tuples = input.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: input.TargetGroupArn, Weight: 1 }];
  if (input.ForwardConfig !== undefined)
    refuseUnknown(`elbv2:${action}`, input.ForwardConfig, ["TargetGroups", "TargetGroupStickinessConfig"]);
  if (boolean(input.ForwardConfig?.TargetGroupStickinessConfig?.Enabled, "Stickiness.Enabled", false))
    throw notImplemented(`elbv2:${action} with target group stickiness`);
  if (tuples.length === 0 || tuples.length > GROUPS_PER_ACTION)
    throw invalid(`A forward action must have 1 to ${GROUPS_PER_ACTION} target groups, got ${tuples.length}`);
  const only = tuples.length === 1 ? tuples[0]!.TargetGroupArn : undefined;
  if (input.TargetGroupArn !== undefined && input.TargetGroupArn !== (only ?? input.TargetGroupArn))
    throw invalid("TargetGroupArn and ForwardConfig have different target groups");
  const groups = tuples.map((tuple) => weighted(state, tuple));
  return {
    Type: "forward",
    ...(only === undefined ? {} : { TargetGroupArn: only }),
    ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig: { Enabled: false } },
  };
}

function weighted(state: RegionState, tuple: TargetGroupTuple): TargetGroupTuple {
  const { arn } = findTargetGroup(state, tuple.TargetGroupArn);
  return {
    TargetGroupArn: arn,
    Weight: integer(tuple.Weight, "Weight", { min: 0, max: MAX_WEIGHT, default: 1 }),
  };
}
