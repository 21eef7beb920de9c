// Which address shows which screen. Each screen is loaded when it is first gone to, so that none makes another one slower.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { mailAddress } from "../screens/mail/address.ts";
import { compareSearch, messageSearch } from "../screens/timeline/kinds.ts";
import { FailureScreen, NotFoundScreen } from "./failure.tsx";
import { Gate } from "./frame.tsx";

/** Which account is to be mended, and how: where the first screen leads to. */
function openedAccount({ open, way }: Record<string, unknown>): {
  readonly open?: number;
  readonly way?: "password" | "signIn";
} {
  if (typeof open !== "number" || !Number.isSafeInteger(open)) return {};
  return { open, way: way === "signIn" ? "signIn" : "password" };
}

/** Which account adding goes on with: one that fills no archive yet, or one that is to be signed in to at its provider. */
function begunAccount({ account, signIn }: Record<string, unknown>): {
  readonly account?: number;
  readonly signIn?: string;
} {
  if (typeof signIn === "string") return { signIn };
  return typeof account === "number" && Number.isSafeInteger(account) ? { account } : {};
}

const root = createRootRoute({ component: Outlet });
const gate = createRoute({ getParentRoute: () => root, id: "gate", component: Gate });

const safe = createRoute({
  getParentRoute: () => gate,
  path: "/",
  component: lazyRouteComponent(() => import("../screens/safe/safe-screen.tsx"), "SafeScreen"),
});
const mail = createRoute({
  getParentRoute: () => gate,
  path: "/mail",
  validateSearch: mailAddress,
  component: lazyRouteComponent(() => import("../screens/mail/mail-screen.tsx"), "MailScreen"),
});
const message = createRoute({
  getParentRoute: () => gate,
  path: "/archives/$archive/messages/$message",
  params: {
    parse: ({ archive, message: id }) => ({ archive: Number(archive), message: Number(id) }),
    stringify: ({ archive, message: id }) => ({ archive: String(archive), message: String(id) }),
  },
  validateSearch: messageSearch,
  component: lazyRouteComponent(() => import("../screens/mail/message-screen.tsx"), "MessageScreen"),
});
const compare = createRoute({
  getParentRoute: () => gate,
  path: "/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("../screens/timeline/compare-screen.tsx"), "CompareScreen"),
});
const runs = createRoute({
  getParentRoute: () => gate,
  path: "/runs",
  component: lazyRouteComponent(() => import("../screens/runs/runs-screen.tsx"), "RunsScreen"),
});
const run = createRoute({
  getParentRoute: () => gate,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("../screens/runs/run-screen.tsx"), "RunScreen"),
});
const held = createRoute({
  getParentRoute: () => gate,
  path: "/runs/held/$run",
  component: lazyRouteComponent(() => import("../screens/runs/held-screen.tsx"), "HeldScreen"),
});
const pending = createRoute({
  getParentRoute: () => gate,
  path: "/runs/pending/$link",
  component: lazyRouteComponent(() => import("../screens/runs/pending-screen.tsx"), "PendingScreen"),
});
const accounts = createRoute({
  getParentRoute: () => gate,
  path: "/accounts",
  validateSearch: openedAccount,
  component: lazyRouteComponent(() => import("../screens/accounts/accounts-screen.tsx"), "AccountsScreen"),
});
const jobs = createRoute({
  getParentRoute: () => gate,
  path: "/jobs",
  component: lazyRouteComponent(() => import("../screens/restore/jobs-screen.tsx"), "JobsScreen"),
});
const job = createRoute({
  getParentRoute: () => gate,
  path: "/jobs/$job",
  params: { parse: ({ job: id }) => ({ job: Number(id) }), stringify: ({ job: id }) => ({ job: String(id) }) },
  component: lazyRouteComponent(() => import("../screens/restore/job-screen.tsx"), "JobScreen"),
});
const addAccount = createRoute({
  getParentRoute: () => gate,
  path: "/accounts/add",
  validateSearch: begunAccount,
  component: lazyRouteComponent(() => import("../screens/accounts/add/add-screen.tsx"), "AddScreen"),
});
const settings = createRoute({
  getParentRoute: () => gate,
  path: "/settings",
  component: lazyRouteComponent(() => import("../screens/settings/settings-screen.tsx"), "SettingsScreen"),
});
const nowhere = createRoute({ getParentRoute: () => gate, path: "$", component: NotFoundScreen });
const leave = createRoute({
  getParentRoute: () => root,
  path: "/leave",
  component: lazyRouteComponent(() => import("../screens/leave/leave-screen.tsx"), "LeaveScreen"),
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("../screens/sign-in/welcome-screen.tsx"), "WelcomeScreen"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  path: "/signed-in",
  component: lazyRouteComponent(() => import("../screens/sign-in/signed-in-screen.tsx"), "SignedInScreen"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    gate.addChildren([
      safe,
      mail,
      message,
      compare,
      runs,
      run,
      held,
      pending,
      jobs,
      job,
      accounts,
      addAccount,
      settings,
      nowhere,
    ]),
    welcome,
    signedIn,
    leave,
  ]),
  defaultErrorComponent: FailureScreen,
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
