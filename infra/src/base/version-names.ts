// The names of a version's resources. All are derived from its id, so that the next run finds what a killed run
// created.

/** Tag of everything that belongs to an app. */
export const APP_TAG = "lockstep:app";
/** Tag of everything that belongs to one version. */
export const VERSION_TAG = "lockstep:version";

export function versionStackName(app: string, id: string): string {
  return `${app}-v-${id}`;
}

/** 26 characters. Elastic Load Balancing allows 32 (quota). */
export function targetGroupName(id: string): string {
  return `ls-${id}`;
}

/** The id alone is unique, because the app has its own cluster. */
export function serviceName(id: string): string {
  return id;
}

export function taskFamily(app: string, id: string): string {
  return `${app}-${id}`;
}

export function versionLogGroupName(app: string, id: string): string {
  return `/lockstep/${app}/${id}`;
}
