import { request } from "node:http";
import type { Timers } from "../timers.ts";
import {
  type CheckResult,
  type Health,
  type HealthSettings,
  INITIAL,
  nextHealth,
  passesMatcher,
  pauseMs,
} from "./health.ts";

export interface HealthCheckOptions {
  ip: string;
  /** The port that the target is registered with. */
  port: number;
  /** Read before every check, so that a modified target group is followed. */
  settings: () => HealthSettings;
  onHealth: (health: Health) => void;
  timers: Timers;
  /** One check. Default: over real HTTP, on a connection of its own. */
  probe?: HealthProbe;
}

export interface Probed {
  ip: string;
  port: number;
  settings: HealthSettings;
}

export type HealthProbe = (target: Probed, signal: AbortSignal) => Promise<CheckResult>;

/** Checks one target until stopped: at once, quickly until its first pass, then at the interval. */
export function startHealthChecks(options: HealthCheckOptions): { stop(): void } {
  const { ip, port, timers, probe = probeOverHttp } = options;
  const abort = new AbortController();
  const startedAt = timers.elapsed();
  let health: Health = INITIAL;
  let cancel = (): void => {};

  const check = async () => {
    const settings = options.settings();
    const result = await probe({ ip, port, settings }, abort.signal);
    if (abort.signal.aborted) return;
    health = nextHealth(health, result, settings, timers.elapsed() - startedAt);
    options.onHealth(health);
    cancel = timers.after(pauseMs(health, settings), check);
  };
  void check();

  return {
    stop() {
      abort.abort();
      cancel();
    },
  };
}

/** One check, on a connection of its own. The Host is the target's address, as the ALB sends it. */
function probeOverHttp(target: Probed, signal: AbortSignal): Promise<CheckResult> {
  const { ip, settings } = target;
  const port = settings.port === "traffic-port" ? target.port : Number(settings.port);
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  const check = request({
    host: ip,
    port,
    path: settings.path,
    headers: { host: `${ip}:${port}`, "user-agent": "ELB-HealthChecker/2.0", connection: "close" },
    agent: false,
    signal,
  });
  const late = setTimeout(() => {
    resolve({ ok: false, reason: "Target.Timeout", description: "Request timed out" });
    check.destroy();
  }, settings.timeoutMs);
  check.on("response", (response) => {
    const status = response.statusCode!;
    response.resume();
    response.on("end", () => resolve(judge(settings.matcher, status)));
  });
  check.on("error", () => {
    resolve({ ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" });
  });
  // A body that breaks off ends neither in `end` nor in `error`; after any other outcome this changes nothing.
  check.on("close", () => {
    clearTimeout(late);
    resolve({ ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" });
  });
  check.end();
  return promise;
}

function judge(matcher: string, status: number): CheckResult {
  if (passesMatcher(matcher, status)) return { ok: true };
  const description = `Health checks failed with these codes: [${status}]`;
  return { ok: false, reason: "Target.ResponseCodeMismatch", description };
}
