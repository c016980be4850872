import type { SynthesizedVersionStack, synthVersionStack, VersionStackProps } from "../../src/rehearsal.ts";

type Synthesis = typeof synthVersionStack;

/** Placeholder of the version in the cached template. */
const MARK = "20000101-000000-0000000";
const MARK_IMAGE = `registry/mark@sha256:${"0".repeat(64)}`;

/**
 * Returns a synthesis of version stacks that runs the CDK once per configuration. The CDK takes tens of milliseconds, and
 * templates differ only in the values of the version. memoised-stack.test.ts compares both.
 */
export function memoised(synthesise: Synthesis): Synthesis {
  const made = new Map<string, { text: string; props: VersionStackProps }>();
  return (props) => {
    const key = JSON.stringify(props.config);
    let kept = made.get(key);
    if (kept === undefined) {
      const marked = { ...props, id: MARK, slot: 1, desiredCount: 1, image: MARK_IMAGE };
      kept = { text: JSON.stringify(synthesise(marked)), props: marked };
      made.set(key, kept);
    }
    return fill(kept.text, kept.props, props);
  };
}

/** @param stack a `SynthesizedVersionStack`, as JSON */
function fill(stack: string, from: VersionStackProps, to: VersionStackProps): SynthesizedVersionStack {
  let text = stack.replaceAll(from.id, to.id).replaceAll(from.image, to.image);
  for (const name of Object.keys(from.outputs) as (keyof VersionStackProps["outputs"])[])
    if (from.outputs[name] !== to.outputs[name]) text = text.replaceAll(from.outputs[name], to.outputs[name]);
  const filled = JSON.parse(text) as SynthesizedVersionStack;
  const template = JSON.parse(filled.templateBody);
  const { Rule, Service, Scaling } = template.Resources;
  Rule.Properties.Priority = to.slot;
  Service.Properties.DesiredCount = to.desiredCount;
  Scaling.Properties.MaxCapacity = Math.max(to.config.api.maxTasks, to.desiredCount);
  return { ...filled, templateBody: JSON.stringify(template) };
}
