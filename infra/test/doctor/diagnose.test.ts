import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import { projectMap } from "../../src/lifecycle/project-map.ts";
import { projectPointer } from "../../src/lifecycle/project-pointer.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, sampleConfig } from "../lifecycle/samples.ts";

const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;
const config = sampleConfig();

/** Two versions, and everything as the ledger says. */
function healthy(): Facts & { [Field in keyof Facts]: Facts[Field] } {
  const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)]);
  const ids = [old, current];
  const of = <Value>(value: (id: string) => Value) => new Map(ids.map((id) => [id, value(id)]));
  return {
    ledger,
    map: projectMap(ledger, config.edge.hostSuffix),
    pointer: projectPointer(ledger),
    table: encodePathTable(current, ["index.html"])!,
    releases: new Map(),
    stacks: of(() => "CREATE_COMPLETE"),
    services: of(() => ({ desiredCount: 1, runningCount: 1 })),
    rules: new Map(ids.map((id) => [ledger.versions[id]!.host, String(ledger.versions[id]!.slot)])),
    targets: of(() => ({ healthy: 1, all: 1 })),
    manifests: of((id) => new Map([[`builds/${id}/index.html`, "0"]])),
    objects: new Set(ids.map((id) => `builds/${id}/index.html`)),
    orphans: [],
    behaviours: new Map([
      ["*", { viewer: 2, origin: 0 }],
      ["*.*", { viewer: 2, origin: 0 }],
      ["/assets/*", { viewer: 0, origin: 0 }],
      ["/.lockstep/status", { viewer: 1, origin: 0 }],
      ["/api/*", { viewer: 1, origin: 1 }],
    ]),
  };
}

/** What is found when one thing is changed. */
function found(change: (facts: Facts) => Partial<Facts>) {
  const facts = healthy();
  return diagnose({ ...facts, ...change(facts) }, config);
}

const without = <Value>(all: ReadonlyMap<string, Value>, id: string) =>
  new Map([...all].filter(([key]) => key !== id));

describe("diagnose()", () => {
  it("finds nothing where everything is as the ledger says", () => {
    expect(found(() => ({}))).toEqual([]);
  });

  it("finds nothing before the first release", () => {
    const nothing = { ledger: ledgerAfter([]), map: undefined, pointer: {}, stacks: new Map() };
    expect(found(() => ({ ...nothing, services: new Map(), rules: new Map() }))).toEqual([]);
  });

  it.each<[string, (facts: Facts) => Partial<Facts>, object]>([
    [
      "a map that cannot be read",
      () => ({ map: undefined }),
      { code: "MAP_BEHIND", mend: { do: "publish-map" } },
    ],
    [
      "a map of an older ledger",
      () => ({ map: projectMap(ledgerAfter(releaseOf(old)), config.edge.hostSuffix) }),
      { code: "MAP_BEHIND", mend: { do: "publish-map" } },
    ],
    [
      "a pointer to another version",
      () => ({ pointer: projectPointer(ledgerAfter(releaseOf(old))) }),
      { code: "POINTER_BEHIND", mend: { do: "write-pointer" } },
    ],
    [
      "no path table",
      () => ({ table: {} }),
      { code: "PATH_TABLE_BEHIND", what: "the path table in the pointer is missing." },
    ],
    [
      "a path table of another version",
      () => ({ table: encodePathTable(old, ["index.html"])! }),
      { code: "PATH_TABLE_BEHIND", what: `the path table in the pointer is of ${old}, not of ${current}.` },
    ],
    [
      "a damaged path table",
      () => ({ table: encodePathTable(current, [])! }),
      { code: "PATH_TABLE_BEHIND", mend: { do: "write-pointer" } },
    ],
    [
      "a part of a path table that belongs to none",
      ({ table }) => ({ table: { ...table, "files:3": "x" } }),
      { code: "PATH_TABLE_BEHIND", mend: { do: "write-pointer" } },
    ],
    ["a lost stack", ({ stacks }) => ({ stacks: without(stacks, old) }), { code: "STACK_MISSING" }],
    ["a lost service", ({ services }) => ({ services: without(services, old) }), { code: "SERVICE_MISSING" }],
    [
      "a service that was stopped",
      ({ services }) => ({ services: new Map([...services, [current, { desiredCount: 0 }]]) }),
      { code: "SERVICE_STOPPED", risk: "new pages break now", mend: { do: "scale-up", id: current } },
    ],
    [
      "a lost rule",
      ({ ledger, rules }) => ({ rules: without(rules, ledger.versions[old]!.host) }),
      { code: "RULE_MISSING" },
    ],
    [
      "a rule elsewhere",
      ({ ledger, rules }) => ({ rules: new Map([...rules, [ledger.versions[old]!.host, "77"]]) }),
      { code: "RULE_MOVED" },
    ],
    [
      "no healthy target",
      ({ targets }) => ({ targets: new Map([...targets, [old, { healthy: 0, all: 2 }]]) }),
      { code: "TARGETS_UNHEALTHY" },
    ],
    [
      "a lost file",
      () => ({ objects: new Set([`builds/${current}/index.html`]) }),
      { code: "FILES_MISSING" },
    ],
    [
      "a lost manifest",
      ({ manifests }) => ({ manifests: without(manifests, old) }),
      { code: "FILES_MISSING" },
    ],
    [
      "a behaviour without functions",
      () => ({
        behaviours: new Map([
          ["*", { viewer: 2, origin: 0 }],
          ["*.*", { viewer: 2, origin: 0 }],
          ["/assets/*", { viewer: 0, origin: 0 }],
          ["/.lockstep/status", { viewer: 1, origin: 0 }],
          ["/api/*", { viewer: 1, origin: 0 }],
        ]),
      }),
      { code: "FUNCTIONS_MISSING", next: "npm run infra:deploy" },
    ],
    [
      "a stack that nobody knows",
      ({ stacks }) => ({ stacks: new Map([...stacks, [fresh, "CREATE_COMPLETE"]]) }),
      { code: "STACK_LEFT_OVER", mend: { do: "delete-stack", id: fresh } },
    ],
    [
      "what belongs to no version",
      () => ({ orphans: [{ kind: "image", id: fresh, name: "sha256:0", reason: "no version runs it" }] }),
      { code: "ORPHAN", next: "npm run lockstep -- janitor run" },
    ],
    [
      "a ledger that is damaged",
      () => ({ ledgerTrouble: { code: "LEDGER_DAMAGED", message: "No JSON." } }),
      { code: "LEDGER_DAMAGED" },
    ],
  ])("names %s, its risk, and what to do", (_, change, wanted) => {
    const findings = found(change);
    expect(findings).toEqual([expect.objectContaining(wanted)]);
    expect(findings[0]!.risk).not.toBe("");
    expect(findings[0]!.mend ?? findings[0]!.next).toBeDefined();
  });

  it("compares nothing with a ledger in doubt, and restores only one that is as new as what was projected", () => {
    const ledgerTrouble = { code: "LEDGER_BEHIND", message: "The ledger has revision 3, map or pointer 99." };
    const doubt = ({ stacks }: Facts) => ({
      ledgerTrouble,
      stacks: new Map([...stacks, [fresh, "CREATE_COMPLETE"]]),
    });
    const [without, ...others] = found(doubt);
    expect(others).toEqual([]);
    expect(without).toMatchObject({
      code: "LEDGER_BEHIND",
      next: expect.stringContaining("list-object-versions"),
    });
    expect(without).not.toHaveProperty("mend");
    const backup = { ledger: healthy().ledger, versionId: "1", storedAt: undefined };
    expect(found((facts) => ({ ...doubt(facts), backup }))).toEqual([
      expect.objectContaining({ mend: { do: "restore-ledger" } }),
    ]);
  });

  it("leaves what a release that runs is making alone", () => {
    const ledger = ledgerAfter([deployOf(fresh)], 0, healthy().ledger);
    const releases = new Map([[fresh, "running" as const]]);
    const making = (facts: Facts) => ({
      ledger,
      releases,
      stacks: new Map([...facts.stacks, [fresh, "CREATE_IN_PROGRESS"]]),
    });
    expect(found(making)).toEqual([]);
    expect(found((facts) => ({ ...making(facts), releases: new Map([[fresh, "died" as const]]) }))).toEqual([
      expect.objectContaining({ code: "ABANDONED", next: "npm run release -- --resume" }),
    ]);
  });
});
