import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../cloud.ts";
import { awsEnvironment } from "../../../processes/aws-environment.ts";
import { environmentOf } from "../state/model.ts";
import type { ImageConfig } from "./image.ts";

/** Returns a container's command line. As in Docker, the definition overrides the image. */
export function commandOf(container: ContainerDefinition, image: ImageConfig): string[] {
  const entrypoint = container.entryPoint?.length ? container.entryPoint : image.entrypoint;
  // An entry point in the definition also discards the image's command.
  const inherited = container.entryPoint?.length ? [] : image.command;
  const command = container.command?.length ? container.command : inherited;
  const [program, ...args] = [...entrypoint, ...command];
  if (program === undefined)
    throw new Error(
      "CannotStartContainerError: no command specified. Give the image a Cmd or the container a command.",
    );
  return [program === "node" ? process.execPath : program, ...args];
}

export interface ContainerPlace {
  region: string;
  /** Port of this machine that replaces the container's port. */
  port?: number;
}

/**
 * Returns a container's environment: the image's variables, the task definition's, and those that Fargate adds. Only
 * `PORT` differs, because tasks on one machine cannot share the container's port.
 */
export function containerEnvironment(
  cloud: Cloud,
  container: ContainerDefinition,
  image: ImageConfig,
  place: ContainerPlace,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    ...awsEnvironment(cloud, place.region),
    ...Object.fromEntries(image.env.map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
    ...environmentOf(container.environment),
    ...(place.port === undefined ? {} : { PORT: String(place.port) }),
  };
}
