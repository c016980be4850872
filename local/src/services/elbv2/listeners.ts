import type {
  CreateListenerInput,
  DeleteListenerInput,
  DescribeListenersInput,
  Listener,
  ModifyListenerInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { elbArn, newHex } from "./arns.ts";
import { applyRules, type Elbv2Context } from "./context.ts";
import { findListener, findLoadBalancer } from "./find.ts";
import { integer, oneOf, page } from "./input.ts";
import { checkGroupLimit } from "./limits.ts";
import type { ListenerRecord, LoadBalancerRecord, RegionState } from "./model.ts";
import { checkAssociations, normalizeActions } from "./rule-actions.ts";

const PORT = { min: 1, max: 65_535 };

export function listenerActions(context: Elbv2Context): Record<string, Action> {
  return {
    async CreateListener(input: CreateListenerInput, scope) {
      const state = context.stateOf(scope);
      refuseUnknown("elbv2:CreateListener", input, [
        "LoadBalancerArn",
        "Protocol",
        "Port",
        "DefaultActions",
        "Tags",
      ]);
      oneOf(input.Protocol, "Protocol", ["HTTP"], "HTTP");
      const loadBalancer = findLoadBalancer(state, input.LoadBalancerArn);
      const defaultActions = normalizeActions("CreateListener", state, input.DefaultActions);
      const port = integer(input.Port, "Port", PORT);
      checkPortFree(loadBalancer, port);
      checkAssociations(state, defaultActions, loadBalancer);
      checkGroupLimit(loadBalancer, defaultActions);
      const arn = elbArn(state.region, `listener/${loadBalancer.path}/${newHex()}`);
      const record: ListenerRecord = { arn, loadBalancer, port, defaultActions, rules: new Map() };
      try {
        await openPort(context, record);
      } finally {
        applyRules(state);
      }
      state.tags.set(record.arn, input.Tags ?? []);
      return { Listeners: [describe(record)] };
    },

    DescribeListeners(input: DescribeListenersInput, scope) {
      const { items, ...next } = page(select(context.stateOf(scope), input), input);
      return { Listeners: items.map(describe), ...next };
    },

    ModifyListener(input: ModifyListenerInput, scope) {
      const state = context.stateOf(scope);
      refuseUnknown("elbv2:ModifyListener", input, ["ListenerArn", "Protocol", "Port", "DefaultActions"]);
      oneOf(input.Protocol, "Protocol", ["HTTP"], "HTTP");
      const record = findListener(state, input.ListenerArn);
      const port = integer(input.Port, "Port", { ...PORT, default: record.port });
      if (port !== record.port) checkPortFree(record.loadBalancer, port);
      if (input.DefaultActions !== undefined) {
        const actions = normalizeActions("ModifyListener", state, input.DefaultActions);
        checkAssociations(state, actions, record.loadBalancer);
        checkGroupLimit(record.loadBalancer, actions, record.defaultActions);
        record.defaultActions = actions;
      }
      if (port !== record.port) {
        context.cloud.listenerPorts.delete(publicName(record));
        record.port = port;
        record.listener!.setListenerPort(port);
        context.cloud.listenerPorts.set(publicName(record), record.listener!.port);
      }
      applyRules(state);
      return { Listeners: [describe(record)] };
    },

    async DeleteListener(input: DeleteListenerInput, scope) {
      const state = context.stateOf(scope);
      const record = findListener(state, input.ListenerArn);
      record.loadBalancer.listeners.delete(record.arn);
      applyRules(state);
      await closeListener(context, state, record);
      return {};
    },
  };
}

/** Returns the listener's key in the registry of local ports. */
export function publicName({ loadBalancer, port }: ListenerRecord): string {
  return `${loadBalancer.dnsName}:${port}`;
}

/** Closes the socket of a removed listener and deletes the tags of its rules. */
export async function closeListener(
  context: Elbv2Context,
  state: RegionState,
  record: ListenerRecord,
): Promise<void> {
  context.cloud.listenerPorts.delete(publicName(record));
  state.tags.delete(record.arn);
  for (const rule of record.rules.keys()) state.tags.delete(rule);
  await record.listener?.close();
  context.ports.release(record.arn);
}

/** Opens the listener's port. The listener is already in the state, so that a second one with this port is refused. */
async function openPort(context: Elbv2Context, record: ListenerRecord): Promise<void> {
  const { loadBalancer } = record;
  loadBalancer.listeners.set(record.arn, record);
  try {
    record.listener = await context.openListener({
      host: context.host,
      port: context.ports.take(loadBalancer, record.arn),
      listenerPort: record.port,
      balancer: loadBalancer.balancer,
    });
  } catch (error) {
    loadBalancer.listeners.delete(record.arn);
    context.ports.release(record.arn);
    throw error;
  }
  context.cloud.listenerPorts.set(publicName(record), record.listener.port);
}

function checkPortFree(loadBalancer: LoadBalancerRecord, port: number): void {
  for (const listener of loadBalancer.listeners.values()) {
    if (listener.port === port)
      throw new AwsError(
        "DuplicateListener",
        `A listener already exists on port ${port} for '${loadBalancer.arn}'`,
      );
  }
}

function select(state: RegionState, input: DescribeListenersInput): ListenerRecord[] {
  if (input.ListenerArns?.length) return input.ListenerArns.map((arn) => findListener(state, arn));
  return [...findLoadBalancer(state, input.LoadBalancerArn).listeners.values()];
}

function describe(record: ListenerRecord): Listener {
  return {
    ListenerArn: record.arn,
    LoadBalancerArn: record.loadBalancer.arn,
    Port: record.port,
    Protocol: "HTTP",
    DefaultActions: record.defaultActions,
  };
}
