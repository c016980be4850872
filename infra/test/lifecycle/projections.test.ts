import { decideRoute } from "@lockstep/edge/decide-route";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { MapCache } from "@lockstep/edge/map-cache";
import { HOST_SUFFIX_MAX_LENGTH, parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { MAX_VERSIONS } from "../../src/config/protection.ts";
import { parseLedger, serializeLedger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { createLedgerStore } from "../../src/lifecycle/ledger-store.ts";
import { createManifestStore } from "../../src/lifecycle/manifest.ts";
import { publishMap } from "../../src/lifecycle/map-publisher.ts";
import { writePointer } from "../../src/lifecycle/pointer.ts";
import { projectMap } from "../../src/lifecycle/project-map.ts";
import { parseStatus, projectPointer, sameStatus } from "../../src/lifecycle/project-pointer.ts";
import { switchPageScript } from "../../src/lifecycle/switch-page-script.ts";
import { applyEvent } from "../../src/lifecycle/transitions.ts";
import { openAws } from "../support/open-aws.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, targetGroupArnOf } from "./samples.ts";

const [a, b] = [idOf(1), idOf(2)] as const;

describe("projectMap()", () => {
  it("contains only the routable versions, oldest first, and the revision of the ledger", () => {
    const ledger = ledgerAfter([...releaseOf(b), ...releaseOf(a), deployOf(idOf(3))]);
    expect(projectMap(ledger, "shop.internal")).toEqual({
      r: ledger.revision,
      current: a,
      floor: null,
      suffix: "shop.internal",
      versions: { [a]: { tg: `ls-${a}` }, [b]: { tg: `ls-${b}` } },
    });
  });

  it("fits into its parameter with the most versions and the longest suffix", () => {
    const events = Array.from({ length: MAX_VERSIONS }, (_, n) => releaseOf(idOf(n))).flat();
    const map = projectMap(ledgerAfter(events), `${"a".repeat(HOST_SUFFIX_MAX_LENGTH - 9)}.internal`);
    expect(parseVersionMap(JSON.stringify(map))).toEqual(map);
  });

  it("refuses a map that SSM would refuse", () => {
    const events = Array.from({ length: 90 }, (_, n) => releaseOf(idOf(n))).flat();
    expect(() => projectMap(ledgerAfter(events), "x".repeat(4000))).toThrow(/bytes/);
  });
});

describe("projectPointer()", () => {
  it("announces the routable versions that expire, the first to expire first, in at most 300 bytes", () => {
    const ids = Array.from({ length: 20 }, (_, n) => idOf(n));
    const ledger = ledgerAfter(ids.flatMap(releaseOf));
    for (const [n, id] of ids.entries()) ledger.versions[id]!.endsAt = 1_800_000_000_000 - n * 1000;
    const { status } = projectPointer({ ...ledger, floor: idOf(0) });
    expect(status.length).toBeLessThanOrEqual(300);
    const ending = parseStatus(status)!.ending;
    expect(Object.keys(ending).length).toBeGreaterThanOrEqual(4);
    expect(ending[ids.at(-1)!]).toBe(1_799_999_981);
  });

  it("switches the page script off in every page", () => {
    const ledger = ledgerAfter(releaseOf(a));
    const cause = { actor: "ada", reason: "breaks the checkout" };
    const off = switchPageScript(ledger, "off", cause, 1);
    expect(parseStatus(projectPointer(off).status)).toMatchObject({ off: true, r: ledger.revision + 1 });
    expect(sameStatus(projectPointer(off).status, projectPointer(ledger).status)).toBe(false);
    expect(off.history.at(-1)).toMatchObject({ event: "script-off", ...cause });
    expect(switchPageScript(off, "off", cause, 2)).toBe(off);
    const on = switchPageScript(off, "on", { actor: "ada" }, 3);
    expect(JSON.parse(projectPointer(on).status)).not.toHaveProperty("off");
    expect(on.revision).toBe(ledger.revision + 2);
    expect(parseLedger(serializeLedger(off), "ledger.json")).toEqual(off);
  });

  it("does not announce versions that have left the map", () => {
    const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b), { type: "drain", id: a }]);
    ledger.versions[a]!.endsAt = 1;
    expect(parseStatus(projectPointer(ledger).status)!.ending).toEqual({});
  });
});

async function setUp(events: LedgerEvent[]) {
  const aws = await openAws();
  const { mapParameter: parameter, keyValueStoreArn: arn } = aws.outputs;
  const store = createLedgerStore({ s3: aws.clients.s3, bucket: "state" });
  const add = (more: LedgerEvent[]) =>
    store.update((ledger) =>
      more.reduce((next, event) => applyEvent(next, event, { actor: "test" }, 0), ledger),
    );
  await add(events);
  const sleep = async () => {};
  const options = { ssm: aws.clients.ssm, store, parameter, suffix: "shop.internal", sleep };
  const manifests = createManifestStore({ s3: aws.clients.s3, bucket: "state" });
  const pointerOptions = { keyValueStore: aws.clients.keyValueStore, store, manifests, arn, sleep };
  const point = (how = {}) => writePointer({ ...pointerOptions, ...how });
  /** Writes the manifest of a version with these files. */
  const build = (id: string, names: string[]) =>
    manifests.write(id, new Map(names.map((name) => [`builds/${id}/${name}`, "md5"])));
  return { aws, add, build, publish: () => publishMap(options), point };
}

describe("publishMap()", () => {
  it("writes the map of the ledger, and nothing if it is already there", async () => {
    const { aws, publish } = await setUp(releaseOf(a));
    expect((await publish()).current).toBe(a);
    await publish();
    expect(aws.calls.filter((name) => name === "ssm:PutParameter")).toHaveLength(1);
  });

  it("replaces the initial map and a damaged one", async () => {
    const { aws, publish } = await setUp(releaseOf(a));
    await aws.putMap("{}");
    await publish();
    expect(parseVersionMap(await aws.map()).current).toBe(a);
  });

  it("stale controller: a writer that replaced a newer map repairs it before it returns", async () => {
    const { aws, add, publish } = await setUp(releaseOf(a));
    let slept = false;
    aws.onCall = async (phase, name) => {
      if (phase !== "before" || name !== "ssm:PutParameter" || slept) return;
      slept = true; // the second writer does all of its work while the first one stalls
      await add(releaseOf(b));
      await publish();
      expect(parseVersionMap(await aws.map()).current).toBe(b);
    };
    await publish();
    expect(parseVersionMap(await aws.map()).current).toBe(b);
  });

  it("stale controller: if the writer is killed right after that, the next run repairs the map", async () => {
    const { aws, add, publish } = await setUp(releaseOf(a));
    await publish();
    const old = await aws.map();
    await add(releaseOf(b));
    await publish();
    await aws.putMap(old);
    await publish();
    expect(parseVersionMap(await aws.map()).current).toBe(b);
  });

  it("replaces a stale map with the same content, because an edge may have read a higher revision in between", async () => {
    const { aws, add, publish } = await setUp([...releaseOf(a), ...releaseOf(b)]);
    const maps = new MapCache({
      read: aws.map,
      ttlMs: 5000,
      readTimeoutMs: 2000,
      now: () => now,
      random: () => 0,
      log: () => {},
    });
    let now = 0;
    const decisionFor = async (id: string) => {
      now += 6000;
      const known = await maps.wait(id);
      return decideRoute({ id, carrier: "header" }, known, { whenGone: "current", hostSuffix: "s" }).kind;
    };
    await publish();
    const stale = await aws.map();
    await add([{ type: "drain", id: a }]);
    await publish();
    expect(await decisionFor(a)).toBe("gone");
    await add([{ type: "revive", id: a }]);
    await publish();
    await aws.putMap(stale); // the write of a writer that stalled since the first map
    await publish();
    expect(await decisionFor(a)).toBe("forward");
  });

  it("refuses to replace a newer map with that of an old ledger", async () => {
    const { aws, publish } = await setUp(releaseOf(a));
    await aws.putMap(JSON.stringify({ r: 99, current: null, floor: null, suffix: "s", versions: {} }));
    await expect(publish()).rejects.toMatchObject({ code: "LEDGER_BEHIND" });
  });
});

describe("writePointer()", () => {
  it("writes current, and nothing if it is already there", async () => {
    const { aws, point } = await setUp(releaseOf(a));
    await point();
    await point();
    expect((await aws.keys()).get("current")).toBe(a);
    expect(JSON.parse((await aws.keys()).get("status")!)).toEqual({
      r: 3,
      current: a,
      floor: null,
      ending: {},
    });
    expect(aws.calls.filter((name) => name === "cloudfront-keyvaluestore:UpdateKeys")).toHaveLength(1);
  });

  it("stale controller: the write of a slow writer fails, and it uses the newer ledger", async () => {
    const { aws, add, point } = await setUp([...releaseOf(a), deployOf(b)]);
    let slept = false;
    aws.onCall = async (phase, name) => {
      if (phase !== "before" || name !== "cloudfront-keyvaluestore:UpdateKeys" || slept) return;
      slept = true;
      await add([
        { type: "publish", id: b, targetGroupArn: targetGroupArnOf(b) },
        { type: "promote", id: b },
      ]);
      await point();
    };
    await point();
    expect((await aws.keys()).get("current")).toBe(b);
  });

  it.each([1, 2, 3, 4, 5])(
    "ends with the newer pointer if a writer stalls before its call %i",
    async (call) => {
      const { aws, add, point } = await setUp([...releaseOf(a), deployOf(b)]);
      let calls = 0;
      aws.onCall = async (phase) => {
        if (phase !== "before" || ++calls !== call) return;
        await new Promise((resolve) => setImmediate(resolve)); // everything that does not wait for this call continues
        await add([
          { type: "publish", id: b, targetGroupArn: targetGroupArnOf(b) },
          { type: "promote", id: b },
        ]);
        await point();
      };
      await point();
      expect(calls).toBeGreaterThan(call);
      expect((await aws.keys()).get("current")).toBe(b);
      expect(parseStatus((await aws.keys()).get("status"))?.current).toBe(b);
    },
  );

  it("does not mistake a faster writer for a restored ledger, however slow the reads of the keys are", async () => {
    const { aws, add, point } = await setUp([...releaseOf(a), deployOf(b)]);
    await point();
    let slept = false;
    aws.onCall = async (phase, name, input) => {
      if (phase !== "before" || name !== "cloudfront-keyvaluestore:GetKey" || input.Key !== "status" || slept)
        return;
      slept = true;
      await new Promise((resolve) => setImmediate(resolve)); // everything that does not wait for the keys continues
      await add([
        { type: "publish", id: b, targetGroupArn: targetGroupArnOf(b) },
        { type: "promote", id: b },
      ]);
      await point();
    };
    await point();
    expect((await aws.keys()).get("current")).toBe(b);
  });

  const tableIn = (keys: ReadonlyMap<string, string>) =>
    Object.fromEntries([...keys].filter(([key]) => key.startsWith("files")));
  const many = (count: number) => Array.from({ length: count }, (_, n) => `f/${n}.txt`);

  it("writes the path table of current in the same update, and deletes the parts of a larger one", async () => {
    const { aws, add, build, point } = await setUp([...releaseOf(a), deployOf(b)]);
    await build(a, many(2000));
    await build(b, ["index.html", "terms.pdf"]);
    await point();
    expect(tableIn(await aws.keys())).toEqual(encodePathTable(a, many(2000)));
    expect(Object.keys(tableIn(await aws.keys())).length).toBeGreaterThan(10);
    await add([
      { type: "publish", id: b, targetGroupArn: targetGroupArnOf(b) },
      { type: "promote", id: b },
    ]);
    await point();
    expect(tableIn(await aws.keys())).toEqual(encodePathTable(b, ["index.html", "terms.pdf"]));
    expect(aws.calls.filter((name) => name === "cloudfront-keyvaluestore:UpdateKeys")).toHaveLength(2);
  });

  it("marks current if a file has no dot in its path, and reads no manifest while the table is that of current", async () => {
    const { aws, build, point } = await setUp(releaseOf(a));
    await build(a, ["index.html", "LICENSE"]);
    await point();
    expect((await aws.keys()).get("current")).toBe(`!${a}`);
    const before = aws.calls.length;
    await point();
    expect(aws.calls.slice(before).filter((name) => name === "cloudfront-keyvaluestore:UpdateKeys")).toEqual(
      [],
    );
    expect(aws.calls.slice(before).filter((name) => name === "s3:GetObject")).toHaveLength(1); // the ledger
  });

  it("adds the table to a pointer of an earlier Lockstep, and replaces the table of another version", async () => {
    const { aws, build, point } = await setUp(releaseOf(a));
    await point();
    expect(tableIn(await aws.keys())).toEqual({});
    await build(a, ["index.html"]);
    await point();
    expect(tableIn(await aws.keys())).toEqual(encodePathTable(a, ["index.html"]));
    await aws.putKey("files", encodePathTable(b, ["x"])!.files!);
    await point();
    expect(tableIn(await aws.keys())).toEqual(encodePathTable(a, ["index.html"]));
  });

  it.each([
    ["a damaged header", "files", "rubbish"],
    ["a damaged part", "files:1", "rubbish"],
    ["a part too many", "files:46", "rubbish"],
  ])("repairs the whole table with wholeTable: %s", async (_what, key, value) => {
    const { aws, build, point } = await setUp(releaseOf(a));
    await build(a, many(400));
    await point();
    await aws.putKey(key, value);
    await point({ wholeTable: true });
    expect(tableIn(await aws.keys())).toEqual(encodePathTable(a, many(400)));
  });

  it("removes the table if the files of current are unknown", async () => {
    const { aws, add, build, point } = await setUp([...releaseOf(a), deployOf(b)]);
    await build(a, many(400));
    await point();
    await add([
      { type: "publish", id: b, targetGroupArn: targetGroupArnOf(b) },
      { type: "promote", id: b },
    ]);
    await point();
    expect([(await aws.keys()).get("current"), tableIn(await aws.keys())]).toEqual([b, {}]);
  });

  it("refuses to replace a newer pointer with that of an old ledger", async () => {
    const { aws, point } = await setUp(releaseOf(a));
    await aws.putKey("status", JSON.stringify({ r: 99, current: b, floor: null, ending: {} }));
    await expect(point()).rejects.toMatchObject({ code: "LEDGER_BEHIND" });
  });

  it("gives up if another process writes during each attempt", async () => {
    const { aws, point } = await setUp(releaseOf(a));
    let tries = 0;
    aws.onCall = (phase, name) => {
      if (phase === "before" && name === "cloudfront-keyvaluestore:UpdateKeys")
        return aws.putKey("other", String(tries++));
    };
    await expect(point()).rejects.toMatchObject({ code: "LEDGER_BUSY" });
  });
});
