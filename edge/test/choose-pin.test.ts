import { describe, expect, it } from "vitest";
import type { FunctionRequest } from "../src/function-event.ts";
import { pinRequest } from "../src/pin-request.ts";
import { aRequest, CURRENT, NEWER, OLD } from "./support/events.ts";

const header = { "x-lockstep-version": OLD };
const query = { lockstep: CURRENT };
const cookies = { "__Host-lockstep": NEWER };

/** What `route` understands: no carrier means header. */
function choosePin(request: FunctionRequest): { id: string; carrier: string } | undefined {
  const { headers } = pinRequest(request, { protect: true, explain: true });
  const id = headers["x-lockstep-version"]?.value;
  return id === undefined ? undefined : { id, carrier: headers["x-lockstep-carrier"]?.value ?? "header" };
}

describe("the pin that pinRequest() chooses", () => {
  it("prefers the header over the query and the cookie", () => {
    expect(choosePin(aRequest({ headers: header, query, cookies }))).toEqual({ id: OLD, carrier: "header" });
  });

  it("prefers the query over the cookie", () => {
    expect(choosePin(aRequest({ query, cookies }))).toEqual({ id: CURRENT, carrier: "query" });
  });

  it("takes the cookie when nothing else names a version", () => {
    expect(choosePin(aRequest({ cookies }))).toEqual({ id: NEWER, carrier: "cookie" });
  });

  it("is none in a request without carriers", () => {
    expect(choosePin(aRequest())).toBeUndefined();
  });

  it("asks the next carrier when a value is not a version id", () => {
    const pin = choosePin(
      aRequest({ headers: { "x-lockstep-version": `${OLD}\n` }, query: { lockstep: "latest" }, cookies }),
    );
    expect(pin).toEqual({ id: NEWER, carrier: "cookie" });
  });

  it("takes the first well-formed value of a cookie that came several times", () => {
    const request = aRequest();
    request.cookies["__Host-lockstep"] = {
      value: "x",
      multiValue: [{ value: "x" }, { value: OLD }, { value: NEWER }],
    };
    expect(choosePin(request)).toEqual({ id: OLD, carrier: "cookie" });
  });
});
