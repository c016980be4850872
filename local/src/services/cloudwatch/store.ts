import type { Dimension } from "@aws-sdk/client-cloudwatch";
import { addToSeries, type Bucket, type Series } from "./series.ts";

/** The metrics of one region. */
export class MetricStore {
  readonly #series = new Map<string, Series>();

  add(namespace: string, name: string, dimensions: Dimension[] | undefined, at: number, added: Bucket): void {
    const key = seriesKey(namespace, name, dimensions);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { namespace, name, dimensions: sorted(dimensions), buckets: new Map() };
      this.#series.set(key, series);
    }
    addToSeries(series, at, added);
  }

  /** Finds a metric by its exact namespace, name and dimensions. Fewer or more dimensions are another metric. */
  find(namespace: string, name: string, dimensions: Dimension[] | undefined): Series | undefined {
    return this.#series.get(seriesKey(namespace, name, dimensions));
  }

  all(): Series[] {
    return [...this.#series.values()];
  }
}

function seriesKey(namespace: string, name: string, dimensions: Dimension[] | undefined): string {
  return JSON.stringify([namespace, name, sorted(dimensions).map(({ Name, Value }) => [Name, Value])]);
}

function sorted(dimensions: Dimension[] | undefined): { Name: string; Value: string }[] {
  return (dimensions ?? [])
    .map(({ Name, Value }) => ({ Name: Name!, Value: Value! }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
}
