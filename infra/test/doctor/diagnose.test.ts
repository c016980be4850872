import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import { projectMap } from "../../src/lifecycle/project-map.ts";
import { projectPointer } from "../../src/lifecycle/project-pointer.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, sampleConfig } from "../lifecycle/samples.ts";

const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;
const config = sampleConfig();

/** Two versions whose resources match the ledger. */
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
    behaviors: new Map([
      ["*", { viewer: 2, origin: 0 }],
      ["*.*", { viewer: 2, origin: 0 }],
      ["/assets/*", { viewer: 0, origin: 0 }],
      ["/.lockstep/status", { viewer: 1, origin: 0 }],
      ["/api/*", { viewer: 1, origin: 1 }],
    ]),
  };
}

/** The findings after one change. */
function found(change: (facts: Facts) => Partial<Facts>) {
  const facts = healthy();
  return diagnose({ ...facts, ...change(facts) }, config);
}

const without = <Value>(all: ReadonlyMap<string, Value>, id: string) =>
  new Map([...all].filter(([key]) => key !== id));

describe("diagnose()", () => {
  it("finds nothing if all resources match the ledger", () => {
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
      { code: "MAP_BEHIND", fix: { do: "publish-map" } },
    ],
    [
      "a map of an older ledger",
      () => ({ map: projectMap(ledgerAfter(releaseOf(old)), config.edge.hostSuffix) }),
      { code: "MAP_BEHIND", fix: { do: "publish-map" } },
    ],
    [
      "a pointer to another version",
      () => ({ pointer: projectPointer(ledgerAfter(releaseOf(old))) }),
      { code: "POINTER_BEHIND", fix: { do: "write-pointer" } },
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
      { code: "PATH_TABLE_BEHIND", fix: { do: "write-pointer" } },
    ],
    [
      "a part of a path table that belongs to none",
      ({ table }) => ({ table: { ...table, "files:3": "x" } }),
      { code: "PATH_TABLE_BEHIND", fix: { do: "write-pointer" } },
    ],
    ["a missing stack", ({ stacks }) => ({ stacks: without(stacks, old) }), { code: "STACK_MISSING" }],
    [
      "a missing service",
      ({ services }) => ({ services: without(services, old) }),
      { code: "SERVICE_MISSING" },
    ],
    [
      "a service with no desired tasks",
      ({ services }) => ({ services: new Map([...services, [current, { desiredCount: 0 }]]) }),
      { code: "SERVICE_STOPPED", risk: "new pages break now", fix: { do: "scale-up", id: current } },
    ],
    [
      "a missing rule",
      ({ ledger, rules }) => ({ rules: without(rules, ledger.versions[old]!.host) }),
      { code: "RULE_MISSING" },
    ],
    [
      "a rule with another priority",
      ({ ledger, rules }) => ({ rules: new Map([...rules, [ledger.versions[old]!.host, "77"]]) }),
      { code: "RULE_MOVED" },
    ],
    [
      "no healthy target",
      ({ targets }) => ({ targets: new Map([...targets, [old, { healthy: 0, all: 2 }]]) }),
      { code: "TARGETS_UNHEALTHY" },
    ],
    [
      "a missing file",
      () => ({ objects: new Set([`builds/${current}/index.html`]) }),
      { code: "FILES_MISSING" },
    ],
    [
      "a missing manifest",
      ({ manifests }) => ({ manifests: without(manifests, old) }),
      { code: "FILES_MISSING" },
    ],
    [
      "a behavior without functions",
      () => ({
        behaviors: new Map([
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
      "a stack of an unknown version",
      ({ stacks }) => ({ stacks: new Map([...stacks, [fresh, "CREATE_COMPLETE"]]) }),
      { code: "STACK_LEFT_OVER", fix: { do: "delete-stack", id: fresh } },
    ],
    [
      "an orphan",
      () => ({ orphans: [{ kind: "image", id: fresh, name: "sha256:0", reason: "no version runs it" }] }),
      { code: "ORPHAN", next: "npm run lockstep -- janitor run" },
    ],
    [
      "a damaged ledger",
      () => ({ ledgerFailure: { code: "LEDGER_DAMAGED", message: "No JSON." } }),
      { code: "LEDGER_DAMAGED" },
    ],
  ])("reports %s, its risk, and what to do", (_, change, wanted) => {
    const findings = found(change);
    expect(findings).toEqual([expect.objectContaining(wanted)]);
    expect(findings[0]!.risk).not.toBe("");
    expect(findings[0]!.fix ?? findings[0]!.next).toBeDefined();
  });

  it("compares nothing with an unusable ledger, and restores only a ledger that is as new as map and pointer", () => {
    const ledgerFailure = {
      code: "LEDGER_BEHIND",
      message: "The ledger is at revision 3, but map or pointer is at 99.",
    };
    const unusable = ({ stacks }: Facts) => ({
      ledgerFailure,
      stacks: new Map([...stacks, [fresh, "CREATE_COMPLETE"]]),
    });
    const [without, ...others] = found(unusable);
    expect(others).toEqual([]);
    expect(without).toMatchObject({
      code: "LEDGER_BEHIND",
      next: expect.stringContaining("list-object-versions"),
    });
    expect(without).not.toHaveProperty("fix");
    const backup = { ledger: healthy().ledger, versionId: "1", storedAt: undefined };
    expect(found((facts) => ({ ...unusable(facts), backup }))).toEqual([
      expect.objectContaining({ fix: { do: "restore-ledger" } }),
    ]);
  });

  it("ignores resources that a running release is creating", () => {
    const ledger = ledgerAfter([deployOf(fresh)], 0, healthy().ledger);
    const releases = new Map([[fresh, "running" as const]]);
    const creating = (facts: Facts) => ({
      ledger,
      releases,
      stacks: new Map([...facts.stacks, [fresh, "CREATE_IN_PROGRESS"]]),
    });
    expect(found(creating)).toEqual([]);
    expect(found((facts) => ({ ...creating(facts), releases: new Map([[fresh, "died" as const]]) }))).toEqual(
      [expect.objectContaining({ code: "ABANDONED", next: "npm run release -- --resume" })],
    );
  });
});
