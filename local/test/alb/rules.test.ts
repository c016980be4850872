import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixed, hostCondition, openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

function rule(priority: number, conditions: object[], body: string) {
  return stage.elb("CreateRule", {
    ListenerArn: stage.listenerArn,
    Priority: priority,
    Conditions: conditions,
    Actions: [fixed(200, body)],
  });
}

async function answerTo(host: string, path = "/", headers: Record<string, string | string[]> = {}) {
  return (await stage.send({ path, headers: { host, ...headers } })).body;
}

describe("rules of a listener", () => {
  it("are evaluated by priority, not in the order of their creation", async () => {
    await rule(20, [hostCondition("*.shop.internal")], "second");
    await rule(10, [hostCondition("a.shop.internal")], "first");
    expect(await answerTo("a.shop.internal")).toBe("first");
    expect(await answerTo("b.shop.internal")).toBe("second");
    expect(await answerTo("elsewhere.example")).toBe("no rule");
  });

  it("compare hosts without case and port", async () => {
    await rule(1, [hostCondition("Api.Shop.internal")], "host");
    expect(await answerTo("aPI.shop.INTERNAL:8080")).toBe("host");
  });

  it("match any run of characters with * and one with ?", async () => {
    await rule(1, [hostCondition("v?.*.internal")], "wild");
    expect(await answerTo("v1.a.b.internal")).toBe("wild");
    expect(await answerTo("v12.a.internal")).toBe("no rule");
  });

  it("compare paths with case and without the query", async () => {
    await rule(1, [{ Field: "path-pattern", Values: ["/api/*"] }], "api");
    expect(await answerTo("x.internal", "/api/a?b=/c")).toBe("api");
    expect(await answerTo("x.internal", "/API/a")).toBe("no rule");
    expect(await answerTo("x.internal", "/?/api/")).toBe("no rule");
  });

  it("compare every occurrence of a header, without case", async () => {
    const condition = {
      Field: "http-header",
      HttpHeaderConfig: { HttpHeaderName: "X-Secret", Values: ["Abc*"] },
    };
    await rule(1, [condition], "secret");
    expect(await answerTo("x.internal", "/", { "x-secret": ["wrong", "aBCdef"] })).toBe("secret");
    expect(await answerTo("x.internal", "/", { "x-secret": "wrong" })).toBe("no rule");
    expect(await answerTo("x.internal")).toBe("no rule");
  });

  it("match when all conditions do, each by any of its values", async () => {
    const secret = {
      Field: "http-header",
      HttpHeaderConfig: { HttpHeaderName: "x-secret", Values: ["old", "new"] },
    };
    await rule(1, [hostCondition("a.internal", "b.internal"), secret], "both");
    expect(await answerTo("b.internal", "/", { "x-secret": "new" })).toBe("both");
    expect(await answerTo("b.internal", "/", { "x-secret": "none" })).toBe("no rule");
    expect(await answerTo("c.internal", "/", { "x-secret": "old" })).toBe("no rule");
  });

  it("follow changed priorities, actions and deletions at once", async () => {
    const first = await rule(1, [hostCondition("*.internal")], "first");
    const second = await rule(2, [hostCondition("*.internal")], "second");
    expect(await answerTo("a.internal")).toBe("first");
    const [a, b] = [first.Rules[0].RuleArn, second.Rules[0].RuleArn];
    const swapped = [
      { RuleArn: a, Priority: 2 },
      { RuleArn: b, Priority: 1 },
    ];
    await stage.elb("SetRulePriorities", { RulePriorities: swapped });
    expect(await answerTo("a.internal")).toBe("second");
    await stage.elb("ModifyRule", { RuleArn: b, Actions: [fixed(200, "changed")] });
    expect(await answerTo("a.internal")).toBe("changed");
    await stage.elb("DeleteRule", { RuleArn: b });
    expect(await answerTo("a.internal")).toBe("first");
  });
});

describe("a fixed response", () => {
  it("has the rule's status, type and body, and the load balancer's Server header", async () => {
    const body = JSON.stringify({ type: "urn:shop:version-gone" });
    await stage.elb("CreateRule", {
      ListenerArn: stage.listenerArn,
      Priority: 50000,
      Conditions: [{ Field: "path-pattern", Values: ["*"] }],
      Actions: [fixed(409, body, "application/json")],
    });
    const answer = await stage.send({ method: "POST", body: "x".repeat(100_000) });
    expect(answer).toMatchObject({ status: 409, body });
    expect(answer.headers).toMatchObject({
      server: "awselb/2.0",
      "content-type": "application/json; charset=utf-8",
    });
  });

  it("answers HEAD without its body", async () => {
    expect(await stage.send({ method: "HEAD" })).toMatchObject({ status: 403, body: "" });
  });
});
