import type { Change, ResourceChangeDetail } from "@aws-sdk/client-cloudformation";
import type { PlannedChange } from "../stack/model.ts";

/** Converts a planned change to the shape of DescribeChangeSet. */
export function describeChange(change: PlannedChange, withValues: boolean): Change {
  const modified = change.action === "Modify";
  return {
    Type: "Resource",
    ResourceChange: {
      Action: change.action,
      LogicalResourceId: change.logicalId,
      PhysicalResourceId: change.physicalId,
      ResourceType: change.type,
      PolicyAction: policyAction(change),
      Replacement: modified ? (change.replacement ? "True" : "False") : undefined,
      Scope: modified ? change.scope : [],
      Details: modified ? details(change, withValues) : [],
      BeforeContext: withValues ? change.before : undefined,
      AfterContext: withValues ? change.after : undefined,
    },
  };
}

function policyAction(
  change: PlannedChange,
): "Delete" | "Retain" | "ReplaceAndDelete" | "ReplaceAndRetain" | undefined {
  if (change.action === "Remove") return change.retain ? "Retain" : "Delete";
  if (!change.replacement) return undefined;
  return change.retain ? "ReplaceAndRetain" : "ReplaceAndDelete";
}

function details(change: PlannedChange, withValues: boolean): ResourceChangeDetail[] {
  const attributes = change.scope.filter((each) => each !== "Properties" && each !== "Tags");
  return [
    ...change.properties.map(
      ({ name, replaces, before, after }): ResourceChangeDetail => ({
        Target: {
          Attribute: "Properties",
          Name: name,
          RequiresRecreation: replaces ? "Always" : "Never",
          ...(withValues ? { Path: `/Properties/${name}`, BeforeValue: before, AfterValue: after } : {}),
        },
        Evaluation: "Static",
        ChangeSource: "DirectModification",
      }),
    ),
    ...attributes.map(
      (Attribute): ResourceChangeDetail => ({
        Target: { Attribute, RequiresRecreation: "Never" },
        Evaluation: "Static",
        ChangeSource: "DirectModification",
      }),
    ),
  ];
}
