import { pushCustomImage } from "./custom-image.ts";
import { type ImageOptions, pushDockerImage } from "./docker-image.ts";

/** Builds and pushes the API's image. @returns the name of the image, by digest */
export async function makeImage(options: ImageOptions): Promise<string> {
  const { image } = options.config.api;
  return image.kind === "docker"
    ? pushDockerImage(image.dockerfile, options)
    : pushCustomImage(image.push, options);
}
