import type {
  ResponseHeadersPolicyConfig,
  ResponseHeadersPolicySecurityHeadersConfig,
} from "@aws-sdk/client-cloudfront";
import { type Fields, newFields } from "../exchange/exchange.ts";

/** A response headers policy: the headers to remove, then the headers to set. */
export interface ResponseHeaders {
  removes: readonly string[];
  sets: readonly { name: string; value: string; override: boolean }[];
}

export function compileResponseHeaders(config: ResponseHeadersPolicyConfig): ResponseHeaders {
  const custom = (config.CustomHeadersConfig?.Items ?? []).map((item) => ({
    name: item.Header!.toLowerCase(),
    value: item.Value!,
    override: item.Override ?? false,
  }));
  return {
    removes: (config.RemoveHeadersConfig?.Items ?? []).map((item) => item.Header!.toLowerCase()),
    sets: [...securityHeaders(config.SecurityHeadersConfig ?? {}), ...custom],
  };
}

/**
 * Applies a policy, before a viewer-response function runs. AWS does not document this order. The stricter order is
 * used here: a function never sees a header that the policy removes.
 */
export function applyResponseHeaders(policy: ResponseHeaders | undefined, fields: Fields): Fields {
  if (policy === undefined) return fields;
  const changed = newFields(fields);
  for (const name of policy.removes) delete changed[name];
  for (const { name, value, override } of policy.sets) {
    if (override || changed[name] === undefined) changed[name] = [value];
  }
  return changed;
}

function securityHeaders(config: ResponseHeadersPolicySecurityHeadersConfig): ResponseHeaders["sets"] {
  const sets: { name: string; value: string; override: boolean }[] = [];
  const set = (name: string, value: string, { Override = false }: { Override?: boolean | undefined }) =>
    sets.push({ name, value, override: Override });
  const { XSSProtection, FrameOptions, ReferrerPolicy, ContentSecurityPolicy, ContentTypeOptions } = config;
  const transport = config.StrictTransportSecurity;
  if (transport) {
    const parts = [`max-age=${transport.AccessControlMaxAgeSec}`];
    if (transport.IncludeSubdomains) parts.push("includeSubDomains");
    if (transport.Preload) parts.push("preload");
    set("strict-transport-security", parts.join("; "), transport);
  }
  if (XSSProtection)
    set(
      "x-xss-protection",
      XSSProtection.Protection ? (XSSProtection.ModeBlock ? "1; mode=block" : "1") : "0",
      XSSProtection,
    );
  if (FrameOptions) set("x-frame-options", FrameOptions.FrameOption!, FrameOptions);
  if (ReferrerPolicy) set("referrer-policy", ReferrerPolicy.ReferrerPolicy!, ReferrerPolicy);
  if (ContentSecurityPolicy)
    set("content-security-policy", ContentSecurityPolicy.ContentSecurityPolicy!, ContentSecurityPolicy);
  if (ContentTypeOptions) set("x-content-type-options", "nosniff", ContentTypeOptions);
  return sets;
}
