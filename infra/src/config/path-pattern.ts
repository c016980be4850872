export { matchesPath as matchesPattern } from "@lockstep/edge/path-pattern";
