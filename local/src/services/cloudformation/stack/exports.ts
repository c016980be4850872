import { AwsError } from "../../../aws-error.ts";
import type { Engine } from "./engine.ts";
import type { StackRecord } from "./model.ts";

/** Returns the value of `Fn::ImportValue`. */
export function importedValue(engine: Engine, stack: StackRecord, name: string): string {
  const output = engine.store.exporter(name, stack)?.outputs.find((each) => each.exportName === name);
  if (output === undefined) throw new AwsError("ValidationError", `No export named ${name} found.`);
  return output.value;
}

/** Refuses an export name that another stack already uses. */
export function checkExportsFree(engine: Engine, stack: StackRecord, outputs: StackRecord["outputs"]): void {
  for (const { exportName } of outputs) {
    const owner = exportName === undefined ? undefined : engine.store.exporter(exportName, stack);
    if (owner !== undefined && owner !== stack)
      throw new AwsError(
        "ValidationError",
        `Export with name ${exportName} is already exported by stack ${owner.name}.`,
      );
  }
}

/** Refuses to delete a stack whose exports are imported by another stack. */
export function checkExportsUnused(engine: Engine, stack: StackRecord): void {
  for (const { exportName } of stack.outputs) {
    if (exportName === undefined) continue;
    const users = engine.store
      .stacks(stack)
      .filter((each) => !each.deletedAt && each !== stack && each.imports.has(exportName));
    if (users.length > 0)
      throw new AwsError(
        "ValidationError",
        `Export ${exportName} cannot be deleted as it is in use by ${users.map(({ name }) => name).join(", ")}`,
      );
  }
}
