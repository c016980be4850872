import { asOnTheWire, CURRENT, FUZZ_EVENTS, hostileRequest, NEWER, OLD } from "@lockstep/edge/test/events";
import { loadRoute } from "@lockstep/edge/test/load-route";
import { edgeSettings } from "@lockstep/edge/test/settings";
import { SsmStub } from "@lockstep/edge/test/ssm-stub";
import { isVersionId } from "@lockstep/edge/version-id";
import {
  type CustomOrigin,
  type EdgeRequest,
  isDisallowed,
  newFields,
  originRequestEvent,
  readOriginRequestResult,
} from "@lockstep/local/cloudfront";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const distribution = { id: "E123", domainName: "d111111abcdef8.cloudfront.net" };
const origin: CustomOrigin = {
  kind: "custom",
  id: "api",
  domainName: "origin.example.com",
  path: "",
  customHeaders: new Map([["x-lockstep-origin-secret", "secret"]]),
  protocol: "http",
  port: 80,
  readTimeoutSeconds: 60,
  keepaliveTimeoutSeconds: 55,
  sslProtocols: ["TLSv1.2"],
  connectionAttempts: 3,
  connectionTimeoutMs: 10_000,
};

let ssm: SsmStub;
let call: (event: unknown) => Promise<any>;
beforeAll(async () => {
  ssm = new SsmStub();
  const versions = { [OLD]: { tg: "a" }, [CURRENT]: { tg: "b" } };
  ssm.answer = JSON.stringify({ r: 12, current: CURRENT, floor: null, suffix: "shop.internal", versions });
  call = loadRoute({ ...edgeSettings, mapTtlSeconds: 300 }, await ssm.start(), () => {});
});
afterAll(() => ssm.close());

const pin = fc.option(fc.constantFrom(OLD, CURRENT, NEWER, "latest", ""), { nil: undefined });
const others = fc.constantFrom("", "a=1", "b=2&a=1&b=3&flag&&q=%20+", "lockstep=on", "xlockstep=1&", "&&");

/** Requests of viewers: pins in any carrier, forged headers, queries of the app. */
const requests: fc.Arbitrary<EdgeRequest & { app: string }> = fc
  .record({
    request: hostileRequest.map(asOnTheWire),
    header: pin,
    query: pin,
    cookie: pin,
    before: others,
    after: others,
  })
  .map(({ request: { method, uri, headers }, header, query, cookie, before, after }) => {
    const fields = newFields();
    for (const [name, entry] of Object.entries(headers)) {
      if (!isDisallowed(name)) fields[name] = (entry!.multiValue ?? [entry!]).map(({ value }) => value);
    }
    delete fields["x-lockstep-version"];
    delete fields.cookie;
    if (header !== undefined) fields["x-lockstep-version"] = [header];
    if (cookie !== undefined) fields.cookie = [`a=1; __Host-lockstep=${cookie}; b=2`];
    const pair = query === undefined ? [] : [`lockstep=${query}`];
    const join = (...parts: string[]) => parts.filter((part) => part !== "").join("&");
    return {
      id: "id",
      ip: "2001:db8::1",
      httpVersion: "1.1",
      method,
      path: uri,
      query: join(before, ...pair, after),
      app: join(before, ...(isVersionId(query) ? [] : pair), after),
      fields,
      body: undefined,
      upgrade: false,
    };
  });

describe("route as built, with hostile events", () => {
  it(`answers ${FUZZ_EVENTS} events correctly, and CloudFront accepts the answers`, {
    timeout: 7_200_000,
  }, async () => {
    const kinds: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const event = originRequestEvent(distribution, request, origin);
        const answer = JSON.parse(JSON.stringify(await call(structuredClone(event))));
        const verdict = readOriginRequestResult(request, origin, answer);
        expect(verdict.kind === "invalid" ? verdict.reason : "").toBe("");
        const kind = answer.status ?? answer.headers["x-lockstep-outcome"][0].value;
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        expectRight(request, answer);
      }),
      { numRuns: FUZZ_EVENTS },
    );
    console.log(
      `fuzz: route: ${FUZZ_EVENTS} hostile events, every answer right and valid: ${JSON.stringify(kinds)}`,
    );
    for (const kind of ["pinned", "current", "fell-back", "409"]) expect(kinds[kind]).toBeGreaterThan(0);
  });
});

/** Expects the version that the request names, or why not that one; and the app's query, byte for byte. */
function expectRight({ fields, query, app }: EdgeRequest & { app: string }, answer: any): void {
  const cookie = /__Host-lockstep=([^;]*);/.exec(fields.cookie?.[0] ?? "")?.[1];
  const inQuery = query.split("&").flatMap((pair) => /^lockstep=(.*)$/.exec(pair)?.[1] ?? []);
  const named = [fields["x-lockstep-version"]?.[0], ...inQuery].find(isVersionId);
  const pin = named ?? (isVersionId(cookie) ? cookie : undefined);
  if (answer.status !== undefined) {
    expect([answer.status, named, JSON.parse(answer.body).version]).toEqual(["409", NEWER, NEWER]);
    return;
  }
  const { host, "x-lockstep-outcome": outcome, "x-lockstep-origin-secret": secret } = answer.headers;
  const expected = pin === undefined ? "current" : pin === NEWER ? "fell-back" : "pinned";
  expect(outcome[0].value).toBe(expected);
  expect(host[0].value).toBe(`${expected === "pinned" ? pin : CURRENT}.shop.internal`);
  expect(answer.headers["x-lockstep-version"]?.[0].value).toBe(expected === "pinned" ? pin : undefined);
  expect([secret, answer.headers["x-lockstep-served"]]).toEqual([undefined, undefined]);
  expect(answer.querystring).toBe(app);
  expect(answer.headers.cookie?.map((one: { value: string }) => one.value)).toEqual(fields.cookie);
}
