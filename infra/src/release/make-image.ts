import { pushBundleImage } from "./bundle-image.ts";
import { type ImageOptions, pushDockerImage } from "./docker-image.ts";

/** Makes the API's image and pushes it. The one place where AWS and the local AWS differ. @returns its name by digest */
export async function makeImage(options: ImageOptions): Promise<string> {
  const { image } = options.config.api;
  return image.kind === "docker"
    ? pushDockerImage(image.dockerfile, options)
    : pushBundleImage(image.command, options);
}
