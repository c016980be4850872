import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";

/**
 * Lambda code out of files that a function makes, bundled by CDK into its own output folder: nothing is left beside the
 * sources, and two synths at once do not meet. The asset's hash is that of the files.
 *
 * @param sources folder of the sources; CDK takes two bundles of one folder for the same
 * @param files path in the package → content; called only when the stack is synthesised with its assets
 */
export function bundledCode(sources: URL, files: () => Record<string, string>): AssetCode {
  return Code.fromAsset(fileURLToPath(sources), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry("never-used"),
      local: {
        tryBundle(outputDir) {
          for (const [path, content] of Object.entries(files())) {
            mkdirSync(dirname(join(outputDir, path)), { recursive: true });
            writeFileSync(join(outputDir, path), content);
          }
          return true;
        },
      },
    },
  });
}
