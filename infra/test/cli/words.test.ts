import { describe, expect, it } from "vitest";
import { codeOfStackReason } from "../../src/aws/aws-failures.ts";
import { formatAge, formatMoment } from "../../src/base/format.ts";
import { ERRORS, LockstepError } from "../../src/base/lockstep-error.ts";
import { toJson } from "../../src/cli/doctor.ts";
import { nextCommand, nextCommandsIn } from "../../src/cli/view/next-command.ts";
import { releaseSummary } from "../../src/cli/view/release-summary.ts";
import { explainError, renderError } from "../../src/cli/view/render-error.ts";
import { renderTable, toRows } from "../../src/cli/view/versions-table.ts";
import { idOf, ledgerAfter, releaseOf, sampleConfig } from "../lifecycle/samples.ts";
import { awsError } from "../support/aws-error.ts";

const [old, current] = [idOf(1), idOf(2)] as const;
const HOUR = 3_600_000;
const start = new Date(2026, 10, 22, 10, 0).getTime();
const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)], start);
const config = sampleConfig();

describe("explainError()", () => {
  it.each<[string, Error, keyof typeof ERRORS]>([
    [
      "no credentials",
      awsError("CredentialsProviderError", 0, "Could not load credentials from any providers"),
      "AWS_NO_CREDENTIALS",
    ],
    ["expired credentials", awsError("ExpiredTokenException", 400), "AWS_CREDENTIALS_EXPIRED"],
    [
      "an expired SSO session",
      awsError("CredentialsProviderError", 0, "The SSO session has expired"),
      "AWS_CREDENTIALS_EXPIRED",
    ],
    [
      "a denied action",
      awsError("AccessDenied", 403, "User x is not authorized to perform: s3:GetObject"),
      "AWS_ACCESS_DENIED",
    ],
    [
      "a denied action under a general name",
      awsError("ValidationError", 400, "x is not authorized to perform: iam:PassRole"),
      "AWS_ACCESS_DENIED",
    ],
    ["throttling", awsError("ThrottlingException", 400, "Rate exceeded"), "AWS_THROTTLED"],
    ["a quota", awsError("ServiceQuotaExceededException", 400), "AWS_QUOTA"],
    [
      "an endpoint that refuses connections",
      Object.assign(new Error(""), { code: "ECONNREFUSED" }),
      "AWS_UNREACHABLE",
    ],
    ["a LockstepError", new LockstepError("NO_FREE_SLOT", "All 90 are taken."), "NO_FREE_SLOT"],
  ])("recognizes %s", (_, error, code) => {
    expect(explainError(error, {})).toMatchObject({ code, fix: ERRORS[code].fix });
  });

  it("puts the missing action in front of IAM's message", () => {
    const said =
      "User: arn:aws:iam::1:user/ada is not authorized to perform: ssm:PutParameter on resource: arn:aws:ssm:eu-west-1:1:parameter/x because no policy allows it";
    expect(explainError(awsError("AccessDeniedException", 400, said), {}).message).toMatch(
      /^Missing: ssm:PutParameter on arn:aws:ssm:eu-west-1:1:parameter\/x\./,
    );
  });

  it.each<[string, keyof typeof ERRORS]>([
    ["CannotPullContainerError: failed to resolve ref", "IMAGE_NOT_FOUND"],
    ["Capacity is unavailable at this time. Please try again later", "AWS_CAPACITY"],
    ["The maximum number of target groups has been reached", "AWS_QUOTA"],
    ["User is not authorized to perform: iam:PassRole", "AWS_ACCESS_DENIED"],
    ["Rate exceeded", "AWS_THROTTLED"],
    ["tasks failed to start. Task failed ELB health checks", "STACK_FAILED"],
  ])("recognizes the cause of a failed stack: %s", (reason, code) => {
    expect(codeOfStackReason(reason)).toBe(code);
  });

  it("has a title and a fix for every code", () => {
    for (const [code, { title, fix }] of Object.entries(ERRORS)) {
      expect(title, code).toMatch(/^[A-Z].*[^.]$/);
      expect(fix.length, code).toBeGreaterThan(10);
    }
  });

  it("adds --local to the commands in a fix if the local AWS is used", () => {
    const local = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
    const fix =
      "See `npm run lockstep -- versions`, or go back (npm run lockstep -- recall --only <id>). Then: npm run release";
    expect(nextCommandsIn(fix, local)).toBe(
      "See `npm run lockstep -- versions --local`, or go back (npm run lockstep -- recall --only <id> --local). Then: npm run release -- --local",
    );
    expect(nextCommandsIn(fix, {})).toBe(fix);
    expect(nextCommandsIn("npm run lockstep -- recall --only <id>\nnpm run infra:destroy", local)).toBe(
      "npm run lockstep -- recall --only <id> --local\nnpm run infra:destroy -- --local",
    );
    const error = new LockstepError("NO_ROLLBACK", "None.");
    expect(renderError(error, { debug: false, environment: local })).toContain("versions --local`");
    expect(explainError(error, local).fix).toContain("versions --local`");
    const missing = new LockstepError("PLATFORM_NOT_READY", "Create it: npm run infra:deploy");
    expect(explainError(missing, local)).toMatchObject({
      message: "Create it: npm run infra:deploy -- --local",
      fix: "npm run infra:deploy -- --local",
    });
    expect(renderError(missing, { debug: false, environment: local })).toContain("infra:deploy -- --local\n");
  });

  it("adds --local to the commands in the findings of doctor --json", () => {
    const local = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
    const [fixable, other] = [
      { code: "SERVICE_STOPPED", what: "", risk: "", fix: { do: "scale-up", id: old } as const },
      { code: "RULE_MISSING", what: "", risk: "", next: "npm run lockstep -- rollback" },
    ];
    expect(toJson([fixable, other], local)).toEqual([fixable, { ...other, next: `${other.next} --local` }]);
    expect(toJson([fixable, other], {})).toEqual([fixable, other]);
  });

  it("keeps name and message of an unknown error", () => {
    const text = renderError(new TypeError("x is not a function"), { debug: false });
    expect(text).toMatch(/^TypeError \(TypeError\)\.\nx is not a function\nNext: /);
    expect(renderError(new TypeError("x", { cause: new Error("why") }), { debug: true })).toMatch(
      /Caused by: Error: why/,
    );
  });
});

describe("renderTable()", () => {
  const services = new Map([
    [old, { runningCount: 1, desiredCount: 1 }],
    [current, { runningCount: 2, desiredCount: 3 }],
  ]);
  const rows = toRows(ledger, { services, requests: { [old]: 0, [current]: 12 } }, config);

  it("lists the newest version first, marks current, and shows when each expires", () => {
    expect(renderTable(rows, start + 2 * HOUR, false)).toBe(
      [
        "   VERSION                  STATE       AGE  BY    TASKS  REQUESTS/H  EXPIRES BY",
        `●  ${current}  current     2 h  test  2/3    12          (current)`,
        `   ${old}  superseded  2 h  test  1/1    0           2026-11-23 10:00`,
        "",
      ].join("\n"),
    );
  });

  it("prints times as ISO 8601 for --json", () => {
    expect(rows[1]).toMatchObject({
      current: false,
      protectedUntil: new Date(start + 24 * HOUR).toISOString(),
      tasks: { running: 1, desired: 1 },
    });
    expect(rows[0]).not.toHaveProperty("protectedUntil");
  });
});

describe("releaseSummary()", () => {
  const result = {
    id: current,
    previous: old,
    page: "seen" as const,
    origin: "https://d1.cloudfront.net",
    ledger,
  };
  const context = { now: start, tookMs: 12_340, environment: {} };

  it("shows the current version, how long the previous version is kept, and what to do next", () => {
    expect(releaseSummary(result, config, context)).toBe(
      `${current} is now live at https://d1.cloudfront.net/ (released in 12.3 s).\n` +
        `Open pages of ${old} keep using it for at least 1 h, then until it has been idle for 30 min (no later than 2026-11-23 10:00).\n` +
        "Next: npm run lockstep -- versions\n",
    );
  });

  it("does not promise protection if it is switched off", () => {
    const off = sampleConfig({ enabled: false });
    expect(releaseSummary(result, off, context)).toMatch(/Protection is off/);
  });
});

describe("formatters", () => {
  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [90 * 60_000, "1 h"],
    [3 * 24 * HOUR, "3 d"],
  ])("formatAge(%i) is %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });

  it("formatMoment() shows the date only if it is not today", () => {
    expect(formatMoment(start + HOUR, start)).toBe("11:00");
    expect(formatMoment(start + 23 * HOUR, start)).toBe("2026-11-23 09:00");
  });

  it.each([
    ["http://127.0.0.1:4566", "npm run release -- --local"],
    ["https://vpce.example.com", "npm run release"],
    [undefined, "npm run release"],
  ])("nextCommand() at endpoint %s is %s", (endpoint, command) => {
    expect(nextCommand("npm run release", { AWS_ENDPOINT_URL: endpoint })).toBe(command);
  });
});
