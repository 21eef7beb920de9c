// packetboat web: its options. What it does, and what serves, is loaded when it is run.
import type { Command } from "commander";
import type { WebOptions } from "./commands/web.ts";
import type { Frame, RestoreHost } from "./host.ts";

const WEB = [
  "Serves a page for your browser, and an HTTP API for programs, until it is stopped: mail as it is and was, its history, search, what ran and how things are. /api/v1/openapi.json describes the API.",
  "It prints a link. The first one works once: by it the first administrator, who is called admin, chooses a password. It listens on this machine alone. For others, let a proxy with TLS stand before it and name its address with --url. docs/security.md says who may see what, and how to sign in at a provider.",
].join("\n\n");

/** Fills the command `web`. */
export function defineWeb(command: Command, host: RestoreHost, frame: Frame): void {
  frame.withExamples(
    command
      .description(WEB)
      .option("--port PORT", "where it listens (0: any that is free)", "8420")
      .option("--host HOST", "on which address", "127.0.0.1")
      .option("--url URL", "its https address, as a proxy before it has it")
      .option("--most-upload MB", "the largest file that may be sent to be imported, in megabytes", "20000")
      .option(
        "--oidc-issuer URL",
        "also sign in at this provider (OpenID Connect); it says by itself where its pages are",
      )
      .option("--oidc-client-id ID", "what the provider calls this page")
      .option(
        "--oidc-client-secret-file FILE",
        "the client secret is the first line of this file; or PACKETBOAT_OIDC_CLIENT_SECRET",
      )
      .option("--oidc-name NAME", "what people know the provider by (default: its host)")
      .option(
        "--oidc-match BY",
        "who is no user there yet is one by: email (verified), name, or none: only by a one-time link",
      )
      .option("--new-link NAME", "also print a one-time link for this user, to choose a new password")
      .action(async (options: WebOptions) => {
        const { web } = await import("./commands/web.ts");
        await web(host, frame, options);
      }),
    [
      { line: "web", what: "until Ctrl-C" },
      { line: "web --url https://mail.example.com", what: "behind a proxy with TLS" },
      {
        line: "web --url https://mail.example.com --oidc-issuer https://login.example.com --oidc-client-id packetboat",
        what: "sign in there",
      },
      { line: "web --new-link admin", what: "when the password was forgotten" },
    ],
  );
}
