import type { FunctionRequest, Values } from "@lockstep/edge/function-event";

/** A viewer's request as CloudFront hands it to a function: lower-case header names, cookies apart, repeated names as multiValue. */
export function toFunctionRequest(
  url: URL,
  {
    header,
    cookie,
    method,
  }: { header: [name: string, value: string][]; cookie: [name: string, value: string][]; method: string },
): FunctionRequest {
  const headers = header.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return {
    method: method.toUpperCase(),
    uri: url.pathname,
    querystring: toValues([...url.searchParams]),
    headers: toValues([["host", url.host], ...headers.filter(([name]) => name !== "cookie")]),
    cookies: toValues([...headers.flatMap(cookiesOf), ...cookie]),
  };
}

/** `cookie: a=1; b=2` is as good as `--cookie a=1 --cookie b=2`. */
function cookiesOf([name, value]: [string, string]): [string, string][] {
  if (name !== "cookie") return [];
  return value.split(";").map((one): [string, string] => {
    const [key = "", ...rest] = one.trim().split("=");
    return [key, rest.join("=")];
  });
}

function toValues(pairs: readonly [string, string][]): Values {
  const values: Values = {};
  for (const [name, value] of pairs) {
    const there = values[name];
    if (there === undefined) values[name] = { value };
    else
      values[name] = {
        value: there.value,
        multiValue: [...(there.multiValue ?? [{ value: there.value }]), { value }],
      };
  }
  return values;
}
