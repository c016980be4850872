import { describe, expect, it } from "vitest";
import { readHistory } from "../../src/lifecycle/history.ts";
import { emptyLedger, type Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { createLedgerStore, type LedgerStore } from "../../src/lifecycle/ledger-store.ts";
import { applyEvent } from "../../src/lifecycle/transitions.ts";
import { awsError } from "../support/aws-error.ts";
import { Killed, openAws } from "../support/open-aws.ts";
import { deployOf, idOf, ledgerAfter, releaseOf } from "./samples.ts";

async function setUp(options: { attempts?: number } = {}) {
  const aws = await openAws();
  const waits: number[] = [];
  const store = createLedgerStore({
    s3: aws.clients.s3,
    bucket: "state",
    random: () => 1,
    sleep: async (ms) => waits.push(ms),
    ...options,
  });
  return { aws, store, waits };
}

const deploy = (n: number) => (ledger: ReturnType<typeof emptyLedger>) =>
  applyEvent(ledger, deployOf(idOf(n)), { actor: "test" }, n);

describe("createLedgerStore()", () => {
  it("reads an empty ledger before the first release, and creates it only if it does not exist", async () => {
    const { aws, store } = await setUp();
    expect(await store.read()).toEqual(emptyLedger());
    const puts: unknown[] = [];
    aws.onCall = (phase, name, input) => {
      if (phase === "after" && name === "s3:PutObject") puts.push(input);
    };
    await store.update(deploy(1));
    await store.update(deploy(2));
    expect(puts).toMatchObject([{ IfNoneMatch: "*" }, { IfMatch: expect.any(String) }]);
    expect(Object.keys((await store.read()).versions)).toEqual([idOf(1), idOf(2)]);
  });

  it("loses no change of eight concurrent writers, and gives them different slots", async () => {
    const { store } = await setUp();
    await Promise.all(Array.from({ length: 8 }, (_, n) => store.update(deploy(n))));
    const ledger = await store.read();
    expect(ledger.revision).toBe(8);
    expect(ledger.history).toHaveLength(8);
    expect(new Set(Object.values(ledger.versions).map(({ slot }) => slot)).size).toBe(8);
  });

  it("runs the change again on the ledger that another writer stored", async () => {
    const { aws, store } = await setUp();
    await store.update(deploy(1));
    const other = createLedgerStore({ s3: aws.clients.s3, bucket: "state" });
    let seen = 0;
    aws.onCall = async (phase, name) => {
      if (phase !== "before" || name !== "s3:PutObject" || seen++ > 0) return;
      await other.update(deploy(2));
    };
    const ledger = await store.update(deploy(3));
    expect(Object.keys(ledger.versions)).toEqual([idOf(1), idOf(2), idOf(3)]);
  });

  it("does not write twice if the answer to its write is lost", async () => {
    const { aws, store } = await setUp();
    let lost = 0;
    aws.onCall = (phase, name) => {
      if (phase === "after" && name === "s3:PutObject" && lost++ === 0)
        throw awsError("PreconditionFailed", 412);
    };
    const ledger = await store.update(deploy(1));
    expect(ledger.revision).toBe(1);
    expect((await store.read()).history).toHaveLength(1);
  });

  it("detects that a write that timed out was stored", async () => {
    const { aws, store } = await setUp();
    aws.onCall = (phase, name) => {
      if (phase === "after" && name === "s3:PutObject") throw awsError("TimeoutError", 0);
    };
    expect((await store.update(deploy(1))).revision).toBe(1);
  });

  it("passes on a failure if the write was not stored", async () => {
    const { aws, store } = await setUp();
    aws.onCall = (phase, name) => {
      if (phase === "before" && name === "s3:PutObject") throw awsError("SlowDown", 503);
    };
    await expect(store.update(deploy(1))).rejects.toThrow("SlowDown");
  });

  it("gives up after its attempts, with growing waits between them", async () => {
    const { aws, store, waits } = await setUp({ attempts: 4 });
    aws.onCall = (phase, name) => {
      if (phase === "before" && name === "s3:PutObject") throw awsError("ConditionalRequestConflict", 409);
    };
    await expect(store.update(deploy(1))).rejects.toMatchObject({ code: "LEDGER_BUSY" });
    expect(waits).toEqual([50, 100, 200]);
  });

  it("writes nothing if the change throws or changes nothing", async () => {
    const { aws, store } = await setUp();
    const refuse = () => {
      throw new Error("no");
    };
    await expect(store.update(refuse)).rejects.toThrow("no");
    await store.update((ledger) => ledger);
    expect(await aws.objects.keys("state")).toEqual([]);
  });

  it.each([
    ["not JSON", "{"],
    ["another schema", JSON.stringify({ ...emptyLedger(), schema: 0 })],
    ["a slot with two owners", JSON.stringify(withSlots(3, 3))],
    ["a wrong current", JSON.stringify({ ...ledgerAfter(releaseOf(idOf(1))), current: idOf(2) })],
  ])("refuses a damaged ledger (%s) and never overwrites it", async (_, text) => {
    const { aws, store } = await setUp();
    await aws.objects.put("state", "ledger.json", text);
    await expect(store.update(deploy(1))).rejects.toMatchObject({ code: "LEDGER_DAMAGED" });
    expect(await aws.objects.text("state", "ledger.json")).toBe(text);
  });
});

describe("createLedgerStore() and the schema", () => {
  it("refuses a ledger of a newer version of Lockstep", async () => {
    const { aws, store } = await setUp();
    const body = JSON.stringify({ ...emptyLedger(), schema: 2 });
    await aws.objects.put("state", "ledger.json", body);
    await expect(store.update(deploy(1))).rejects.toMatchObject({ code: "LEDGER_NEWER" });
    expect(await aws.objects.text("state", "ledger.json")).toBe(body);
  });

  it("keeps fields that a later version of Lockstep added to the same schema", async () => {
    const { aws, store } = await setUp();
    await store.update(deploy(1));
    const ledger = JSON.parse((await aws.objects.text("state", "ledger.json"))!);
    ledger.versions[idOf(1)].later = true;
    ledger.later = { kept: true };
    await aws.objects.put("state", "ledger.json", JSON.stringify(ledger));
    const updated = JSON.parse(JSON.stringify(await store.update(deploy(2))));
    expect(updated).toMatchObject({ later: { kept: true }, versions: { [idOf(1)]: { later: true } } });
  });

  it("stores nothing that it could not read", async () => {
    const { aws, store } = await setUp();
    await expect(
      store.update((ledger) => ({ ...ledger, revision: ledger.revision + 0.5 })),
    ).rejects.toMatchObject({ code: "LEDGER_DAMAGED" });
    expect(await aws.objects.keys("state")).toEqual([]);
  });
});

describe("createLedgerStore() and a long history", () => {
  const promote = (store: LedgerStore, n: number) =>
    store.update((ledger) => applyEvent(ledger, { type: "promote", id: idOf(n % 2) }, { actor: "test" }, n));

  async function setUpTwo() {
    const aws = await openAws();
    const store = createLedgerStore({ s3: aws.clients.s3, bucket: "state", historyMax: 6 });
    const apply = (ledger: Ledger, event: LedgerEvent) => applyEvent(ledger, event, { actor: "test" }, 0);
    await store.update((ledger) => [...releaseOf(idOf(0)), ...releaseOf(idOf(1))].reduce(apply, ledger));
    return { aws, store };
  }
  const all = async ({ aws, store }: Awaited<ReturnType<typeof setUpTwo>>) =>
    (await readHistory(await store.read(), { s3: aws.clients.s3, bucket: "state" })).map(
      ({ revision }) => revision,
    );

  it("keeps the newest entries in the ledger and the others in separate objects, and loses none", async () => {
    const stage = await setUpTwo();
    for (let n = 0; n < 10; n++) await promote(stage.store, n);
    const { history, revision } = await stage.store.read();
    expect(history.length).toBeLessThanOrEqual(6);
    expect(history.at(-1)?.revision).toBe(revision);
    expect(await all(stage)).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
  });

  it("neither loses nor doubles entries if it is killed between a page and the ledger", async () => {
    const stage = await setUpTwo();
    stage.aws.onCall = (phase, name, { Key }) => {
      if (phase === "after" && name === "s3:PutObject" && Key.startsWith("history/")) throw new Killed();
    };
    await expect(promote(stage.store, 0)).rejects.toBeInstanceOf(Killed);
    stage.aws.onCall = undefined;
    expect(await all(stage)).toEqual([1, 2, 3, 4, 5, 6]);
    await promote(stage.store, 2);
    expect(await all(stage)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

function withSlots(first: number, second: number) {
  const ledger = ledgerAfter([deployOf(idOf(1)), deployOf(idOf(2))]);
  ledger.versions[idOf(1)]!.slot = first;
  ledger.versions[idOf(2)]!.slot = second;
  return ledger;
}
