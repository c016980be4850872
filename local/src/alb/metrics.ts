import type { Dimension, MetricDatum } from "@aws-sdk/client-cloudwatch";
import { realTimers, type Timers } from "../timers.ts";

/** Namespace of all ALB metrics. */
export const ALB_NAMESPACE = "AWS/ApplicationELB";

/** ALB metrics are sums per minute. */
const MINUTE_MS = 60_000;
/** Delay between the first count and its publication, so that readers do not wait for the end of the minute. */
const PUBLISH_AFTER_MS = 1000;

export interface BalancerMetricsOptions {
  /** `app/<name>/<hex>`: the value of the dimension `LoadBalancer`. */
  loadBalancer: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  publish: (data: MetricDatum[]) => Promise<void>;
  /** Timers for publishing. Default real time. */
  timers?: Timers;
}

/**
 * Metrics of one load balancer. Counting only increments numbers. Non-zero metrics are published a second later, with
 * the minute in which they were counted. Without traffic, nothing is published and no timer runs.
 */
export class BalancerMetrics {
  readonly #options: BalancerMetricsOptions;
  readonly #total = new Tally();
  readonly #groups = new Map<string, Tally>();
  readonly #balancerCodes = new Map<number, number>();
  #fixedResponses = 0;
  #open = 0;
  #mostOpen = 0;
  #minute = 0;
  #dirty = false;
  #closed = false;
  /** Cancels the next publication. */
  #timer: (() => void) | undefined;
  #publishing: Promise<void> = Promise.resolve();

  constructor(options: BalancerMetricsOptions) {
    this.#options = options;
  }

  /** Counts a request with a chosen target. `RequestCount` excludes requests without one. */
  request(targetGroup: string): void {
    this.#touch();
    this.#total.requests++;
    this.#group(targetGroup).requests++;
  }

  /** Counts a target's response: its status, and the seconds between the request and the response headers. */
  targetResponse(targetGroup: string, status: number, seconds: number): void {
    this.#touch();
    this.#total.response(status, seconds);
    this.#group(targetGroup).response(status, seconds);
  }

  /** Counts a response of the load balancer itself: an error or a fixed response. */
  balancerResponse(status: number, fixed: boolean): void {
    this.#touch();
    if (fixed) this.#fixedResponses++;
    this.#balancerCodes.set(status, (this.#balancerCodes.get(status) ?? 0) + 1);
  }

  connectionOpened(): void {
    this.#touch();
    this.#open++;
    this.#mostOpen = Math.max(this.#mostOpen, this.#open);
  }

  connectionClosed(): void {
    this.#open--;
  }

  /** Publishes the remaining counts and stops the timer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.();
    this.#timer = undefined;
    this.#publish(true);
    await this.#publishing;
  }

  #group(targetGroup: string): Tally {
    let tally = this.#groups.get(targetGroup);
    if (tally === undefined) {
      tally = new Tally();
      this.#groups.set(targetGroup, tally);
    }
    return tally;
  }

  /** Runs before every count: publishes the previous minute, and schedules the publication of this count. */
  #touch(): void {
    const minute = Math.floor(this.#options.now() / MINUTE_MS);
    if (minute !== this.#minute) this.#roll(minute);
    if (this.#dirty || this.#closed) return;
    this.#dirty = true;
    this.#timer?.();
    this.#timer = this.#after(PUBLISH_AFTER_MS);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) this.#roll(minute);
    else this.#publish(false);
    // Open connections count once a minute, even without activity.
    if (this.#mostOpen > 0) {
      this.#timer ??= this.#after(MINUTE_MS - (now % MINUTE_MS) + 1);
    }
  }

  #after(ms: number): () => void {
    return (this.#options.timers ?? realTimers).after(ms, () => this.#onTimer());
  }

  #roll(minute: number): void {
    this.#publish(true);
    this.#minute = minute;
    this.#mostOpen = this.#open;
  }

  #publish(minuteIsOver: boolean): void {
    const data = this.#drain(minuteIsOver);
    this.#dirty = false;
    if (data.length === 0) return;
    this.#publishing = Promise.all([this.#publishing, this.#options.publish(data)]).then(() => {});
  }

  /** Returns the data since the last call and resets the counts. */
  #drain(minuteIsOver: boolean): MetricDatum[] {
    const timestamp = new Date(this.#minute * MINUTE_MS);
    const balancer: Dimension = { Name: "LoadBalancer", Value: this.#options.loadBalancer };
    const data = this.#total.drain([balancer], timestamp);
    for (const [targetGroup, tally] of this.#groups) {
      data.push(...tally.drain([{ Name: "TargetGroup", Value: targetGroup }, balancer], timestamp));
    }
    const of = (name: string, value: number) => counter(name, value, [balancer], timestamp);
    for (const [name, value] of balancerCounts(this.#balancerCodes)) data.push(of(name, value));
    this.#balancerCodes.clear();
    if (this.#fixedResponses > 0) data.push(of("HTTP_Fixed_Response_Count", this.#fixedResponses));
    this.#fixedResponses = 0;
    if (minuteIsOver && this.#mostOpen > 0) {
      data.push(gauge("ActiveConnectionCount", this.#mostOpen, [balancer], timestamp));
      this.#mostOpen = 0;
    }
    return data;
  }
}

/** Counts of one set of dimensions. */
class Tally {
  requests = 0;
  /** Responses of targets by class: index 2 counts the 2XX. */
  readonly #classes = [0, 0, 0, 0, 0, 0];
  #responses = 0;
  #seconds = 0;
  #least = 0;
  #most = 0;

  response(status: number, seconds: number): void {
    const kind = Math.floor(status / 100);
    if (kind >= 2 && kind <= 5) this.#classes[kind]!++;
    this.#least = this.#responses === 0 ? seconds : Math.min(this.#least, seconds);
    this.#most = Math.max(this.#most, seconds);
    this.#responses++;
    this.#seconds += seconds;
  }

  drain(dimensions: Dimension[], timestamp: Date): MetricDatum[] {
    const data: MetricDatum[] = [];
    if (this.requests > 0) data.push(counter("RequestCount", this.requests, dimensions, timestamp));
    this.#classes.forEach((count, kind) => {
      if (count > 0) data.push(counter(`HTTPCode_Target_${kind}XX_Count`, count, dimensions, timestamp));
    });
    if (this.#responses > 0) {
      data.push({
        MetricName: "TargetResponseTime",
        Dimensions: dimensions,
        Timestamp: timestamp,
        Unit: "Seconds",
        StatisticValues: {
          SampleCount: this.#responses,
          Sum: this.#seconds,
          Minimum: this.#least,
          Maximum: this.#most,
        },
      });
    }
    this.requests = this.#responses = this.#seconds = this.#least = this.#most = 0;
    this.#classes.fill(0);
    return data;
  }
}

/** Returns the counts of errors: per class, and per status for the four statuses that have a metric. */
function balancerCounts(codes: Map<number, number>): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (name: string, count: number) => counts.set(name, (counts.get(name) ?? 0) + count);
  for (const [status, count] of codes) {
    if (status >= 400) add(`HTTPCode_ELB_${Math.floor(status / 100)}XX_Count`, count);
    if (status === 500 || (status >= 502 && status <= 504)) add(`HTTPCode_ELB_${status}_Count`, count);
  }
  return counts;
}

/** Returns a count as AWS publishes it, as a sum of ones. */
function counter(name: string, count: number, dimensions: Dimension[], timestamp: Date): MetricDatum {
  const statistics = { SampleCount: count, Sum: count, Minimum: 1, Maximum: 1 };
  return {
    MetricName: name,
    Dimensions: dimensions,
    Timestamp: timestamp,
    Unit: "Count",
    StatisticValues: statistics,
  };
}

function gauge(name: string, value: number, dimensions: Dimension[], timestamp: Date): MetricDatum {
  return { MetricName: name, Dimensions: dimensions, Timestamp: timestamp, Unit: "Count", Value: value };
}
