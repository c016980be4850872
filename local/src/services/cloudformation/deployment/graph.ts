import { AwsError } from "../../../aws-error.ts";

/** Refuses circular dependencies and lists their members. */
export function checkNoCircle(ids: Iterable<string>, dependencies: (id: string) => string[]): void {
  const settled = new Set<string>();
  const visit = (id: string, path: string[]) => {
    if (settled.has(id)) return;
    if (path.includes(id))
      throw new AwsError(
        "ValidationError",
        `Template error: Circular dependency between resources: [${path.slice(path.indexOf(id)).join(", ")}]`,
      );
    for (const next of dependencies(id)) visit(next, [...path, id]);
    settled.add(id);
  };
  for (const id of ids) visit(id, []);
}

export interface OrderedWork {
  /** Ids that must succeed first; ids outside the run count as done. */
  waitsFor(id: string): string[];
  work(id: string): Promise<void>;
  /** Called at once for every failure. */
  onFailure(id: string, error: unknown): void;
  /** After a failure, `all` starts no further work; `dependents` skips only work that waits for the failed id. */
  failureStops: "all" | "dependents";
}

/** Runs work in order, independent work in parallel. Resolves when all started work has ended. */
export async function runInOrder(ids: Iterable<string>, options: OrderedWork): Promise<void> {
  const all = new Set(ids);
  const runs = new Map<string, Promise<boolean>>();
  let anyFailed = false;
  const run = (id: string): Promise<boolean> => {
    let running = runs.get(id);
    if (running === undefined) {
      running = start(id);
      runs.set(id, running);
    }
    return running;
  };
  const start = async (id: string): Promise<boolean> => {
    const before = await Promise.all(
      options
        .waitsFor(id)
        .filter((each) => all.has(each))
        .map(run),
    );
    if (before.includes(false) || (anyFailed && options.failureStops === "all")) return false;
    try {
      await options.work(id);
      return true;
    } catch (error) {
      anyFailed = true;
      options.onFailure(id, error);
      return false;
    }
  };
  await Promise.all([...all].map(run));
}
