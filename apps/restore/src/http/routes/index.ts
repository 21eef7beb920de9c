// Every route, in the order in which the document lists them.
import type { Route } from "../route.ts";
import { accessRoutes } from "./access.ts";
import { accountSignInRoutes } from "./account-sign-ins.ts";
import { accountRoutes } from "./accounts.ts";
import { archiveRoutes } from "./archives.ts";
import { chartRoutes } from "./charts.ts";
import { haltRoutes } from "./halts.ts";
import { historyRoutes } from "./history.ts";
import { importRoutes } from "./imports.ts";
import { jobRoutes } from "./jobs.ts";
import { linkRoutes } from "./links.ts";
import { listRoutes } from "./lists.ts";
import { messageRoutes } from "./messages.ts";
import { openedRoutes } from "./opened.ts";
import { providerSignInRoutes } from "./provider-sign-in.ts";
import { standingRoutes } from "./standing.ts";
import { timeLineRoutes } from "./time-line.ts";
import { userRoutes } from "./users.ts";

const EACH = [
  ...accessRoutes,
  ...providerSignInRoutes,
  ...archiveRoutes,
  ...listRoutes,
  ...messageRoutes,
  ...openedRoutes,
  ...historyRoutes,
  ...jobRoutes,
  ...importRoutes,
  ...timeLineRoutes,
  ...standingRoutes,
  ...chartRoutes,
  ...haltRoutes,
  ...linkRoutes,
  ...accountRoutes,
  ...accountSignInRoutes,
  ...userRoutes,
] as const;

/** Each with its own shapes, for the types of a client. */
export type Routes = (typeof EACH)[number];

export const ROUTES: readonly Route[] = EACH;
