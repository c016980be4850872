import { mapOf, type Shape, STRINGS } from "../properties.ts";

const KEY_VALUES: Shape = [{ Name: "string", Value: "string" }];
const SECRETS: Shape = [{ Name: "string", ValueFrom: "string" }];

export const CONTAINER: Shape = {
  Command: STRINGS,
  Cpu: "number",
  DependsOn: [{ Condition: "string", ContainerName: "string" }],
  DockerLabels: mapOf("string"),
  EntryPoint: STRINGS,
  Environment: KEY_VALUES,
  Essential: "boolean",
  HealthCheck: {
    Command: STRINGS,
    Interval: "number",
    Retries: "number",
    StartPeriod: "number",
    Timeout: "number",
  },
  Image: "string",
  Interactive: "boolean",
  LinuxParameters: { InitProcessEnabled: "boolean", Capabilities: { Add: STRINGS, Drop: STRINGS } },
  LogConfiguration: { LogDriver: "string", Options: mapOf("string"), SecretOptions: SECRETS },
  Memory: "number",
  MemoryReservation: "number",
  MountPoints: [{ ContainerPath: "string", ReadOnly: "boolean", SourceVolume: "string" }],
  Name: "string",
  PortMappings: [
    {
      AppProtocol: "string",
      ContainerPort: "number",
      HostPort: "number",
      Name: "string",
      Protocol: "string",
    },
  ],
  Privileged: "boolean",
  PseudoTerminal: "boolean",
  ReadonlyRootFilesystem: "boolean",
  Secrets: SECRETS,
  StartTimeout: "number",
  StopTimeout: "number",
  Ulimits: [{ HardLimit: "number", Name: "string", SoftLimit: "number" }],
  User: "string",
  VersionConsistency: "string",
  WorkingDirectory: "string",
};

export const CAPACITY_STRATEGY: Shape = [{ Base: "number", CapacityProvider: "string", Weight: "number" }];

export const DEPLOYMENT_CONFIGURATION: Shape = {
  Alarms: { AlarmNames: STRINGS, Enable: "boolean", Rollback: "boolean" },
  BakeTimeInMinutes: "number",
  DeploymentCircuitBreaker: { Enable: "boolean", Rollback: "boolean" },
  MaximumPercent: "number",
  MinimumHealthyPercent: "number",
  Strategy: "string",
};

export const NETWORK_CONFIGURATION: Shape = {
  AwsvpcConfiguration: { AssignPublicIp: "string", SecurityGroups: STRINGS, Subnets: STRINGS },
};
