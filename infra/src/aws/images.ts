/** The name of a repository in ECR, from its URI `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
export function repositoryName(uri: string): string {
  return uri.slice(uri.indexOf("/") + 1);
}
