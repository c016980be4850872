import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, type Stage, until } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** A target whose responses wait for `release()`. */
async function slowTarget() {
  const gate = Promise.withResolvers<void>();
  let arrived = 0;
  const target = await stage.target(async (_request, response) => {
    arrived++;
    await gate.promise;
    response.end("slow");
  });
  return { target, arrived: () => arrived, release: gate.resolve };
}

describe("a deregistered target", () => {
  it("finishes requests in flight, gets no new ones, and disappears when it is idle", async () => {
    const { target, arrived, release } = await slowTarget();
    const group = await stage.group([target]);
    const inFlight = stage.send();
    await until("the request", arrived);
    await group.deregister(target);
    expect(await group.states()).toEqual({ [target.port]: "draining" });
    expect(await stage.send()).toMatchObject({ status: 503 });
    release();
    expect(await inFlight).toMatchObject({ status: 200, body: "slow" });
    await until("the end of draining", group.states, (states) => Object.keys(states).length === 0);
    expect(arrived()).toBe(1);
  });

  it("loses no request while another target takes over", async () => {
    const old = await stage.target((_request, response) => response.end("old"));
    const next = await stage.target((_request, response) => response.end("next"));
    const group = await stage.group([old]);
    const statuses = new Map<number, number>();
    let last = "";
    let done = false;
    const visitors = Array.from({ length: 50 }, async () => {
      while (!done) {
        const { status, body } = await stage.send();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        last = body;
      }
    });
    await until("visitors", () => (statuses.get(200) ?? 0) > 100);
    const Targets = [{ Id: "127.0.0.1", Port: next.port }];
    await stage.elb("RegisterTargets", { TargetGroupArn: group.arn, Targets });
    await until("the new target", group.states, (states) => states[next.port] === "healthy");
    await group.deregister(old);
    await until("the old one to be gone", group.states, (states) => !(old.port in states));
    await until("answers of the new target", () => last === "next");
    done = true;
    await Promise.all(visitors);
    expect([...statuses.keys()]).toEqual([200]);
  });

  it("ends its requests with a 502 when the deregistration delay is over", async () => {
    const { target, arrived } = await slowTarget();
    const delay = { "deregistration_delay.timeout_seconds": "1" };
    const group = await stage.group([target], { attributes: delay });
    const inFlight = stage.send();
    await until("the request", arrived);
    await group.deregister(target);
    expect(await inFlight).toMatchObject({ status: 502 });
    expect(await group.states()).toEqual({});
  });

  it("breaks off its response when the delay is over", async () => {
    const target = await stage.target((_request, response) => response.write("half"));
    const group = await stage.group([target], {
      attributes: { "deregistration_delay.timeout_seconds": "1" },
    });
    const seen: string[] = [];
    const socket = connect(stage.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("data", (chunk) => seen.push(chunk.toString()));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the first half", () => seen.join("").includes("half"));
    await group.deregister(target);
    await closed;
    expect(seen.join("")).not.toContain("\r\n0\r\n");
  });

  it("shows as draining for the whole delay on request, as on AWS", async () => {
    const faithful = await openStage({ drainForFullDelay: true });
    try {
      const target = await faithful.target();
      const delay = { "deregistration_delay.timeout_seconds": "1" };
      const group = await faithful.group([target], { attributes: delay });
      await group.deregister(target);
      expect(await group.states()).toEqual({ [target.port]: "draining" });
      await until("the end of draining", group.states, (states) => Object.keys(states).length === 0);
    } finally {
      await faithful.close();
    }
  });

  it("starts again when it is registered while it drains", async () => {
    const { target, arrived, release } = await slowTarget();
    const group = await stage.group([target]);
    const inFlight = stage.send();
    await until("the request", arrived);
    await group.deregister(target);
    const Targets = [{ Id: "127.0.0.1", Port: target.port }];
    await stage.elb("RegisterTargets", { TargetGroupArn: group.arn, Targets });
    await until("healthy", group.states, (states) => states[target.port] === "healthy");
    release();
    expect(await inFlight).toMatchObject({ status: 200 });
    expect(await stage.send()).toMatchObject({ status: 200 });
    expect(await group.states()).toEqual({ [target.port]: "healthy" });
  });
});
