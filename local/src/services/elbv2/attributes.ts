import { notImplemented } from "../../aws-error.ts";
import { boolean, integer, invalid, required } from "./input.ts";

/**
 * Validation of an attribute. `recorded` attributes are stored and returned; they have no effect that a client could
 * observe.
 */
type AttributeRule =
  | { kind: "integer"; min: number; max: number }
  | { kind: "boolean" }
  | { kind: "oneOf"; simulated: string[] }
  | { kind: "recorded" };

export interface AttributeTable {
  [key: string]: { default: string; rule: AttributeRule };
}

/** Only this value is simulated; any other is refused by name. */
const only = (value: string): AttributeTable[string] => ({
  default: value,
  rule: { kind: "oneOf", simulated: [value] },
});
const recorded = (value: string): AttributeTable[string] => ({ default: value, rule: { kind: "recorded" } });

/** Attributes of an Application Load Balancer with their defaults (ELBv2 API reference, `LoadBalancerAttribute`). */
export const LOAD_BALANCER_ATTRIBUTES: AttributeTable = {
  "idle_timeout.timeout_seconds": { default: "60", rule: { kind: "integer", min: 1, max: 4000 } },
  "deletion_protection.enabled": { default: "false", rule: { kind: "boolean" } },
  "routing.http.drop_invalid_header_fields.enabled": { default: "false", rule: { kind: "boolean" } },
  "routing.http.xff_header_processing.mode": only("append"),
  "routing.http.xff_client_port.enabled": only("false"),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": only("false"),
  "access_logs.s3.enabled": only("false"),
  "connection_logs.s3.enabled": only("false"),
  "routing.http.preserve_host_header.enabled": recorded("false"),
  "routing.http.desync_mitigation_mode": recorded("defensive"),
  "routing.http2.enabled": recorded("true"),
  "client_keep_alive.seconds": recorded("3600"),
  "load_balancing.cross_zone.enabled": recorded("true"),
  "waf.fail_open.enabled": recorded("false"),
  "zonal_shift.config.enabled": recorded("false"),
  "ipv6.deny_all_igw_traffic": recorded("false"),
};

/** Attributes of a target group of type `ip` with their defaults (ELBv2 API reference, `TargetGroupAttribute`). */
export const TARGET_GROUP_ATTRIBUTES: AttributeTable = {
  "deregistration_delay.timeout_seconds": { default: "300", rule: { kind: "integer", min: 0, max: 3600 } },
  "load_balancing.algorithm.type": {
    default: "round_robin",
    rule: { kind: "oneOf", simulated: ["round_robin", "least_outstanding_requests"] },
  },
  "load_balancing.algorithm.anomaly_mitigation": only("off"),
  "slow_start.duration_seconds": only("0"),
  "stickiness.enabled": only("false"),
  "stickiness.type": recorded("lb_cookie"),
  "stickiness.lb_cookie.duration_seconds": recorded("86400"),
  "stickiness.app_cookie.duration_seconds": recorded("86400"),
  "stickiness.app_cookie.cookie_name": recorded(""),
  "load_balancing.cross_zone.enabled": recorded("use_load_balancer_configuration"),
  "target_group_health.dns_failover.minimum_healthy_targets.count": only("1"),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": only("off"),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": only("1"),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": only("off"),
};

export function defaultAttributes(table: AttributeTable): Map<string, string> {
  return new Map(Object.entries(table).map(([key, attribute]) => [key, attribute.default]));
}

/** Checks all attributes before it sets any, so a refused one changes nothing. */
export function setAttributes(
  attributes: Map<string, string>,
  table: AttributeTable,
  changes: { Key?: string; Value?: string }[] | undefined,
): void {
  const checked = required(changes, "Attributes").map(({ Key, Value }) => {
    const key = required(Key, "Attribute.Key");
    return [key, checkAttribute(table, key, String(Value ?? ""))] as const;
  });
  for (const [key, value] of checked) attributes.set(key, value);
}

export function listAttributes(attributes: Map<string, string>): { Key: string; Value: string }[] {
  return [...attributes].map(([Key, Value]) => ({ Key, Value }));
}

function checkAttribute(table: AttributeTable, key: string, value: string): string {
  const attribute = table[key];
  if (attribute === undefined) throw invalid(`The attribute key '${key}' is not recognized`);
  switch (attribute.rule.kind) {
    case "integer":
      return String(integer(value, key, attribute.rule));
    case "boolean":
      return String(boolean(value, key, false));
    case "oneOf":
      if (!attribute.rule.simulated.includes(value))
        throw notImplemented(`elbv2: attribute ${key} = '${value}'`);
      return value;
    case "recorded":
      return value;
  }
}
