import type { ContainerDefinition, RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { AwsError, notImplemented } from "../../../aws-error.ts";
import { refuseUnknown } from "../../known-members.ts";

const ACTION = "ecs:RegisterTaskDefinition";

/** Members that are implemented or have no visible effect on one machine. */
const KNOWN = [
  "family",
  "taskRoleArn",
  "executionRoleArn",
  "networkMode",
  "containerDefinitions",
  "volumes",
  "requiresCompatibilities",
  "cpu",
  "memory",
  "tags",
  "ephemeralStorage",
  "runtimePlatform",
];
const KNOWN_OF_CONTAINER = [
  "name",
  "image",
  "cpu",
  "memory",
  "memoryReservation",
  "portMappings",
  "essential",
  "entryPoint",
  "command",
  "environment",
  "workingDirectory",
  "logConfiguration",
  "startTimeout",
  "stopTimeout",
  "versionConsistency",
  "user",
  "readonlyRootFilesystem",
  "linuxParameters",
  "ulimits",
  "dockerLabels",
];
const KNOWN_LOG_OPTIONS = [
  "awslogs-group",
  "awslogs-region",
  "awslogs-stream-prefix",
  "awslogs-create-group",
  "mode",
  "max-buffer-size",
];

/** CPU units → memory in MiB that Fargate offers: minimum, maximum, step (ECS developer guide, "task size"). */
const FARGATE_MEMORY: Record<number, [number, number, number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};
/** Maximum stop timeout on Fargate, in seconds. */
const MAX_STOP_TIMEOUT_SECONDS = 120;

/** Throws ECS's errors for invalid definitions, and NotImplemented for features that the local AWS lacks. */
export function checkTaskDefinition(input: RegisterTaskDefinitionRequest): void {
  refuseUnknown(ACTION, input, KNOWN);
  if (!/^[\w-]{1,255}$/.test(input.family ?? "")) throw refusal("Family contains invalid characters.");
  const [container, ...more] = input.containerDefinitions ?? [];
  if (container === undefined) throw refusal("Container list cannot be empty.");
  if (more.length > 0) throw notImplemented(`${ACTION}: more than one container`);
  checkContainer(container);
  if (input.requiresCompatibilities?.includes("FARGATE")) checkFargate(input, container);
}

function checkContainer(container: ContainerDefinition): void {
  refuseUnknown(ACTION, container, KNOWN_OF_CONTAINER);
  if (!container.name) throw refusal("Container.name should not be null or empty.");
  if (!container.image) throw refusal("Container.image should not be null or empty.");
  const mappings = container.portMappings ?? [];
  if (mappings.length > 1) throw notImplemented(`${ACTION}: more than one port mapping`);
  for (const mapping of mappings) {
    if (mapping.protocol === "udp") throw notImplemented(`${ACTION}: protocol udp`);
    if (mapping.hostPort && mapping.hostPort !== mapping.containerPort)
      throw refusal(
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
      );
  }
  const log = container.logConfiguration;
  if (log === undefined) return;
  if (log.logDriver !== "awslogs") throw notImplemented(`${ACTION}: log driver ${log.logDriver}`);
  refuseUnknown(`${ACTION}: awslogs`, log.options ?? {}, KNOWN_LOG_OPTIONS);
  for (const option of ["awslogs-group", "awslogs-region"])
    if (!log.options?.[option]) throw refusal(`Log driver awslogs requires options: ${option}`);
}

function checkFargate(input: RegisterTaskDefinitionRequest, container: ContainerDefinition): void {
  if (input.networkMode !== "awsvpc") throw refusal("Fargate only supports network mode ‘awsvpc’.");
  if (!input.cpu) throw refusal("Fargate requires that 'cpu' be defined at the task level.");
  if (!input.memory) throw refusal("Fargate requires that 'memory' be defined at the task level.");
  const cpu = sizeOf(input.cpu, /vcpu$/i);
  const memory = sizeOf(input.memory, /gb$/i);
  const [from, to, step] = FARGATE_MEMORY[cpu] ?? [1, 0, 1];
  // 0.25 vCPU permits only 512, 1024 and 2048 MiB.
  if (memory < from || memory > to || memory % step !== 0 || (cpu === 256 && memory === 1536))
    throw refusal(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  const needed = container.image!.includes(".dkr.ecr.") ? "ECR images" : "log driver awslogs";
  if (!input.executionRoleArn && (needed === "ECR images" || container.logConfiguration))
    throw refusal(`Fargate requires task definition to have execution role ARN to support ${needed}.`);
  if (container.logConfiguration && !container.logConfiguration.options?.["awslogs-stream-prefix"])
    throw refusal("Fargate requires the log option awslogs-stream-prefix for log driver awslogs.");
  if ((container.stopTimeout ?? 0) > MAX_STOP_TIMEOUT_SECONDS)
    throw refusal("The stopTimeout of a container on Fargate must be 120 seconds or less.");
}

/** Converts `1024`, `1 vCPU` and `2 GB` to units of 1/1024. */
function sizeOf(text: string, unit: RegExp): number {
  return unit.test(text) ? Number.parseFloat(text) * 1024 : Number(text);
}

function refusal(message: string): AwsError {
  return new AwsError("ClientException", message);
}
