import { contractOne } from "./one.ts";
import { contractTwo } from "./two.ts";

declare const __DEMO_CONTRACT__: string;

/** Contract of this build. The bundler drops the other one. */
export const contract = __DEMO_CONTRACT__ === "2" ? contractTwo : contractOne;
