// The names of a version's resources. All are derived from its id, so that the next run finds what a killed run
// created.

/** Tag of everything that belongs to an app. */
export const APP_TAG = "lockstep:app";
/** Tag of everything that belongs to one version. */
export const VERSION_TAG = "lockstep:version";

export function versionStackName(app: string, id: string): string {
  return `${app}-v-${id}`;
}

/** At most 32 characters (Elastic Load Balancing quota): 26. */
export function targetGroupName(id: string): string {
  return `ls-${id}`;
}

/** ECS services are named within the app's own cluster. */
export function serviceName(id: string): string {
  return id;
}

export function taskFamily(app: string, id: string): string {
  return `${app}-${id}`;
}

export function versionLogGroupName(app: string, id: string): string {
  return `/lockstep/${app}/${id}`;
}
