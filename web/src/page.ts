import { createLockstep, readPageVersion } from "@lockstep/client";

/** This page's pin and news. One per page: a tab never shares it with another. */
export const page = createLockstep({ version: readPageVersion(document) });
