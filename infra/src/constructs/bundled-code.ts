import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";

/**
 * Lambda code from generated files. CDK bundles them into its own output folder, so nothing is written beside the
 * sources and two concurrent synths do not conflict. The hash of the asset is that of the files.
 *
 * @param sources folder of the sources; CDK treats two bundles of the same folder as one
 * @param files returns the content of each file by its path in the package; called only if assets are synthesised
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
