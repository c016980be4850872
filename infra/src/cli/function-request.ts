import type { Values } from "@lockstep/edge/function-event";
import { VERSION_HEADER } from "@lockstep/edge/names";
import type { ViewerRequest } from "../operations/explain-request.ts";

/**
 * Converts a URL and options to the request that CloudFront Functions receive (lower-case header names, cookies
 * separate from headers, repeated names as multiValue), with the raw query and headers that `route` reads.
 */
export function toFunctionRequest(
  url: URL,
  {
    header,
    cookie,
    method,
  }: { header: [name: string, value: string][]; cookie: [name: string, value: string][]; method: string },
): ViewerRequest {
  const headers = header.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return {
    method: method.toUpperCase(),
    uri: url.pathname,
    querystring: toValues([...url.searchParams]),
    headers: toValues([["host", url.host], ...headers.filter(([name]) => name !== "cookie")]),
    cookies: toValues([...headers.flatMap(cookiesOf), ...cookie]),
    rawQuery: url.search.slice(1),
    carriers: {
      header: valuesOf(headers, VERSION_HEADER),
      cookie: [...valuesOf(headers, "cookie"), ...cookie.map(([name, value]) => `${name}=${value}`)],
    },
  };
}

function valuesOf(pairs: readonly [string, string][], wanted: string): string[] {
  return pairs.filter(([name]) => name === wanted).map(([, value]) => value);
}

/** `--header "cookie: a=1; b=2"` is equivalent to `--cookie a=1 --cookie b=2`. */
function cookiesOf([name, value]: [string, string]): [string, string][] {
  if (name !== "cookie") return [];
  return value.split(";").map((one): [string, string] => {
    const [key = "", ...rest] = one.trim().split("=");
    return [key, rest.join("=")];
  });
}

/** The object has no prototype, because a parameter may be called "constructor" or "__proto__". */
function toValues(pairs: readonly [string, string][]): Values {
  const values: Values = Object.create(null);
  for (const [name, value] of pairs) {
    const first = values[name];
    if (first === undefined) values[name] = { value };
    else
      values[name] = {
        value: first.value,
        multiValue: [...(first.multiValue ?? [{ value: first.value }]), { value }],
      };
  }
  return values;
}
