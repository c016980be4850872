import { appAtRoot } from "@lockstep/edge/edge-settings";
import { readTableHeader } from "@lockstep/edge/encode-path-table";
import { FILE_PATTERN, POINTER_FILES, STATUS_PATH } from "@lockstep/edge/names";
import { formatList } from "../base/format.ts";
import type { LockstepConfig } from "../config/config.ts";
import { hashedPrefixes } from "../config/relations.ts";
import { isRoutable, type Version } from "../lifecycle/ledger.ts";
import { projectMap, sameContent } from "../lifecycle/project-map.ts";
import { projectPointer, sameStatus } from "../lifecycle/project-pointer.ts";
import { projectTable } from "../lifecycle/project-table.ts";
import { isLeftOver } from "../versions/leftovers.ts";
import type { Facts } from "./facts.ts";

/** What `--fix` can do. Each fix is safe at any time, and can be repeated. */
export type Fix =
  | { do: "restore-ledger" }
  | { do: "publish-map" }
  | { do: "write-pointer" }
  | { do: "scale-up"; id: string }
  | { do: "delete-stack"; id: string };

/** A resource that does not match the ledger. */
export interface Finding {
  code: string;
  /** The difference. */
  what: string;
  /** What it means for users or for the bill. */
  risk: string;
  /** Absent if a person must decide. */
  fix?: Fix;
  /** The command to run if `--fix` cannot fix it. */
  next?: string;
}

/** Compares the state of all resources with the ledger. Pure. The most severe findings come first. */
export function diagnose(
  facts: Facts,
  config: Pick<LockstepConfig, "api" | "edge" | "protection" | "web">,
): Finding[] {
  if (facts.ledgerFailure !== undefined) return [ledgerFinding(facts)];
  const versions = Object.entries(facts.ledger.versions).flatMap(([id, version]) =>
    versionFindings(id, version, facts),
  );
  return [
    ...projectionFindings(facts, config),
    ...behaviorFindings(facts, config),
    ...versions,
    ...leftoverFindings(facts),
    ...orphanFindings(facts),
  ];
}

function ledgerFinding({ ledgerFailure, backup }: Facts): Finding {
  const { code, message } = ledgerFailure!;
  const risk = "pages keep working; nothing can be released, rolled back or retired";
  if (backup === undefined)
    return {
      code,
      what: `${message} The bucket has no valid copy of the ledger that is as new as the map.`,
      risk,
      next: "aws s3api list-object-versions --prefix ledger.json --bucket <StateBucket>",
    };
  const { ledger, storedAt } = backup;
  const when = storedAt?.toISOString() ?? "an unknown time";
  const what = `${message} The last valid copy is revision ${ledger.revision} of ${when}, with current ${ledger.current ?? "none"}.`;
  return { code, what, risk, fix: { do: "restore-ledger" } };
}

function projectionFindings(
  { ledger, map, pointer, table, manifests }: Facts,
  { edge, protection }: Pick<LockstepConfig, "edge" | "protection">,
): Finding[] {
  const findings: Finding[] = [];
  const wanted = projectMap(ledger, edge.hostSuffix);
  if (ledger.revision > 0 && (map === undefined || !sameContent(map, wanted)))
    findings.push({
      code: "MAP_BEHIND",
      what:
        map === undefined
          ? "the version map cannot be read."
          : `the version map is at revision ${map.r}, the ledger at ${ledger.revision}.`,
      risk: protection.enabled
        ? "pinned requests may be answered with 409 (gone), or routed to tasks that do not exist"
        : "none while protection is off",
      fix: { do: "publish-map" },
    });
  const pointed = projectPointer(ledger);
  if (
    ledger.revision > 0 &&
    (pointer.current !== pointed.current || !sameStatus(pointer.status, pointed.status))
  )
    findings.push({
      code: "POINTER_BEHIND",
      what: `current is ${pointer.current ?? "not set"} in the pointer and ${ledger.current ?? "not set"} in the ledger.`,
      risk: "new pages receive the wrong version, or open pages miss updates of the status",
      fix: { do: "write-pointer" },
    });
  else if (table !== undefined) findings.push(...tableFindings(ledger.current, table, manifests));
  return findings;
}

/** Compares the path table in the store with the files of current. */
function tableFindings(
  current: string | undefined,
  table: Readonly<Record<string, string>>,
  manifests: Facts["manifests"],
): Finding[] {
  const manifest = current === undefined ? undefined : manifests.get(current);
  if (current === undefined || manifest === undefined) return [];
  const { keys } = projectTable(current, manifest);
  const all = [...new Set([...Object.keys(keys), ...Object.keys(table)])];
  if (all.every((key) => keys[key] === table[key])) return [];
  const other = readTableHeader(table[POINTER_FILES])?.id;
  const what =
    table[POINTER_FILES] === undefined
      ? "is missing"
      : other === undefined || other === current
        ? "is damaged"
        : `is of ${other}, not of ${current}`;
  return [
    {
      code: "PATH_TABLE_BEHIND",
      what: `the path table in the pointer ${what}.`,
      risk: "files and pages of current may answer 404, or another page",
      fix: { do: "write-pointer" },
    },
  ];
}

function behaviorFindings(
  { behaviors }: Facts,
  { api, web }: Pick<LockstepConfig, "api" | "web">,
): Finding[] {
  const wanted = [
    { pattern: "*", viewer: 2, origin: 0 },
    ...(appAtRoot(web) ? [{ pattern: FILE_PATTERN, viewer: 2, origin: 0 }] : []),
    ...hashedPrefixes(web).map((prefix) => ({ pattern: `${prefix}*`, viewer: 0, origin: 0 })),
    { pattern: STATUS_PATH, viewer: 1, origin: 0 },
    ...api.pathPatterns.map((pattern) => ({ pattern, viewer: 1, origin: 1 })),
  ];
  return wanted.flatMap(({ pattern, viewer, origin }) => {
    const behavior = behaviors.get(pattern);
    if (behavior !== undefined && behavior.viewer >= viewer && behavior.origin >= origin) return [];
    return [
      {
        code: "FUNCTIONS_MISSING",
        what:
          behavior === undefined
            ? `the distribution has no behavior for ${pattern}.`
            : `the behavior ${pattern} of the distribution lacks functions.`,
        risk: "these requests are not pinned: pages are silently answered by other versions",
        next: "npm run infra:deploy",
      },
    ];
  });
}

/** Checks what a version needs in its state. */
function versionFindings(id: string, version: Version, facts: Facts): Finding[] {
  const { state, slot, host, service } = version;
  const findings: Finding[] = [];
  const release = facts.releases.get(id);
  const add = (code: string, what: string, more: Omit<Finding, "code" | "what">) =>
    findings.push({ code, what: `${id} (${state}): ${what}`, ...more });
  const current = state === "current";
  const risk = current ? "new pages break now" : "its open pages break";
  const leave = current ? "npm run lockstep -- rollback" : `npm run lockstep -- recall --only ${id}`;
  if (state === "deploying" && release !== "running")
    add("ABANDONED", "its release was killed.", {
      risk: "none; it costs money until it is removed",
      next: "npm run release -- --resume",
    });
  if (isRoutable(state)) {
    const tasks = facts.services.get(service);
    const rule = facts.rules.get(host);
    if (!facts.stacks.has(id)) add("STACK_MISSING", "its stack does not exist.", { risk, next: leave });
    if (tasks === undefined) add("SERVICE_MISSING", "its service does not exist.", { risk, next: leave });
    else if ((tasks.desiredCount ?? 0) === 0)
      add("SERVICE_STOPPED", "its desired task count is 0.", { risk, fix: { do: "scale-up", id } });
    if (rule === undefined)
      add("RULE_MISSING", `the load balancer has no rule for ${host}.`, { risk, next: leave });
    else if (rule !== String(slot))
      add("RULE_MOVED", `its rule has priority ${rule}, its slot is ${slot}.`, {
        risk: "another version's rule may collide with it",
        next: leave,
      });
    const targets = facts.targets.get(id);
    if (tasks !== undefined && (tasks.desiredCount ?? 0) > 0 && (targets?.healthy ?? 0) === 0)
      add("TARGETS_UNHEALTHY", `${targets?.healthy ?? 0} of ${targets?.all ?? 0} targets are healthy.`, {
        risk,
        next: leave,
      });
    const missing = missingFiles(id, facts);
    if (missing !== undefined)
      add("FILES_MISSING", missing, { risk, next: current ? "npm run release" : leave });
  }
  return findings;
}

const SHOWN = 3;

function missingFiles(id: string, { manifests, objects }: Facts): string | undefined {
  const manifest = manifests.get(id);
  if (manifest === undefined) return "its manifest does not exist.";
  const missing = [...manifest.keys()].filter((key) => !objects.has(key));
  if (missing.length === 0) return undefined;
  return `missing in the bucket: ${formatList(missing, SHOWN)}.`;
}

/** Stacks that no version needs. */
function leftoverFindings({ ledger, stacks, releases }: Facts): Finding[] {
  return [...stacks].flatMap(([id, status]): Finding[] => {
    if (!isLeftOver(id, ledger, releases) || status.startsWith("DELETE_")) return [];
    return [
      {
        code: "STACK_LEFT_OVER",
        what: `the stack of ${id} (${status}) still exists, but the version is ${ledger.versions[id] === undefined ? "not in the ledger" : "retired"}.`,
        risk: "none for users; it costs money, and its slot may be given to another version",
        fix: { do: "delete-stack", id },
      },
    ];
  });
}

/** The janitor finds the same orphans, and removes them when they are an hour old. */
function orphanFindings({ orphans }: Facts): Finding[] {
  return orphans
    .filter(({ kind }) => kind !== "stack") // reported by leftoverFindings()
    .map(({ kind, name, reason }) => ({
      code: "ORPHAN",
      what: `${kind} ${name}: ${reason}.`,
      risk: "none for users; it costs money or blocks a name",
      next: "npm run lockstep -- janitor run",
    }));
}
