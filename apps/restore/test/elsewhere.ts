// The routes that files of their own ask, beside api.db.test.ts: each of them proves of its routes that every one answered well.
import type { Route } from "../src/http/route.ts";
import { accountSignInRoutes } from "../src/http/routes/account-sign-ins.ts";
import { accountRoutes } from "../src/http/routes/accounts.ts";
import { chartRoutes } from "../src/http/routes/charts.ts";
import { haltRoutes } from "../src/http/routes/halts.ts";
import { importRoutes } from "../src/http/routes/imports.ts";
import { jobRoutes } from "../src/http/routes/jobs.ts";
import { linkRoutes } from "../src/http/routes/links.ts";
import { providerSignInRoutes } from "../src/http/routes/provider-sign-in.ts";

export const ELSEWHERE: readonly Route[] = [
  ...accountRoutes,
  ...accountSignInRoutes,
  ...chartRoutes,
  ...haltRoutes,
  ...importRoutes,
  ...jobRoutes,
  ...linkRoutes,
  ...providerSignInRoutes,
];
