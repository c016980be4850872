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
  /** The target's registered port. */
  port: number;
  /** Read before every check, so that changes of the target group apply. */
  settings: () => HealthSettings;
  onHealth: (health: Health) => void;
  timers: Timers;
  /** Performs one check. Default: over real HTTP, on a separate connection. */
  probe?: HealthProbe;
}

export interface Probed {
  ip: string;
  port: number;
  settings: HealthSettings;
}

export type HealthProbe = (target: Probed, signal: AbortSignal) => Promise<CheckResult>;

/**
 * Checks one target until it is stopped: at once, then at short intervals until the first pass, then at the configured
 * interval.
 */
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

/** Performs one check on a separate connection. As an ALB does, it sends the target's address as Host. */
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
    response.on("end", () => resolve(resultOf(settings.matcher, status)));
  });
  check.on("error", () => {
    resolve({ ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" });
  });
  // An interrupted body emits neither `end` nor `error`. After any other outcome this call has no effect.
  check.on("close", () => {
    clearTimeout(late);
    resolve({ ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" });
  });
  check.end();
  return promise;
}

function resultOf(matcher: string, status: number): CheckResult {
  if (passesMatcher(matcher, status)) return { ok: true };
  const description = `Health checks failed with these codes: [${status}]`;
  return { ok: false, reason: "Target.ResponseCodeMismatch", description };
}
