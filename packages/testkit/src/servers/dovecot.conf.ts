// The configuration text of one Dovecot 2.3 instance that runs as `nobody` without any right: every internal user is nobody,
// and nothing is chrooted. Derived from what was found to work; it must never name a path outside the instance's directory.

/** What Dovecot 2.3 announces after login, when nothing is hidden. */
export const DOVECOT_CAPABILITIES =
  "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE";

export interface DovecotOptions {
  /** How mail is stored. Default: sdbox. */
  readonly format?: "sdbox" | "maildir";
  /** Capabilities the server is not to announce, such as QRESYNC. It then still obeys the commands, but no client may know. */
  readonly hide?: readonly string[];
  /** Adds the namespace `Public/`, readable by all. */
  readonly publicNamespace?: boolean;
  /** Adds the namespace `Shared/<user>/`, where mailboxes appear that a user opened to others (`doveadm acl set`). */
  readonly sharedNamespace?: boolean;
  /**
   * SASL XOAUTH2 and OAUTHBEARER are offered. `true`: `token()` of the handle makes tokens; else a provider is asked about each token at this
   * address. Default: false.
   */
  readonly oauth?: boolean | { readonly introspection: string };
  /** Storage limit per user, in kB. */
  readonly quotaKb?: number;
  /** COMPRESS=DEFLATE is offered. Default: false, as it hides what goes over the wire from a counting proxy. */
  readonly compress?: boolean;
  /** `always` is durable, `never` is for benches of the client. Default: optimized. */
  readonly fsync?: "never" | "optimized" | "always";
  /** Separator of mailbox names. Default: "/". */
  readonly separator?: "/" | ".";
  /** One index over all mailboxes of a user, which NOTIFY needs. Default: false; NOTIFY is then announced and refused. */
  readonly listIndex?: boolean;
  /** Configuration lines at the end, which win over all before. */
  readonly extraConfig?: string;
}

/** The user who may log in as any other with SASL PLAIN: authorization identity the other, authentication identity this. */
export const MASTER_USER = "warden";

/** Rights that hold whatever a mailbox says: without a line here nobody may use a public mailbox once ACLs are on. */
export const GLOBAL_ACL = "Public authenticated lrwstipekx\nPublic/* authenticated lrwstipekx\n";

/** The text of dovecot.conf for an instance in `root`, listening on the two ports. */
export function dovecotConfig(root: string, port: number, tlsPort: number, options: DovecotOptions): string {
  const plugins = ["notify", ...(options.quotaKb ? ["quota"] : []), ...(options.sharedNamespace ? ["acl"] : [])];
  const imapPlugins = [
    ...(options.compress ? ["zlib", "imap_zlib"] : []),
    ...(options.quotaKb ? ["imap_quota"] : []),
    ...(options.sharedNamespace ? ["imap_acl"] : []),
  ];
  const hidden = new Set((options.hide ?? []).map((name) => name.toUpperCase()));
  const added = [
    options.quotaKb ? "QUOTA" : "",
    options.sharedNamespace ? "ACL RIGHTS=texk" : "",
    options.compress ? "COMPRESS=DEFLATE" : "",
  ];
  const all = `${DOVECOT_CAPABILITIES} ${added.join(" ")}`.split(" ").filter(Boolean);
  const announced = all.filter((name) => !hidden.has(name.toUpperCase()));
  return `
base_dir = ${root}/run
state_dir = ${root}/state
log_path = ${root}/dovecot.log
instance_name = ${root.split("/").at(-1)}
protocols = imap
listen = 127.0.0.1
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
auth_mechanisms = plain login${options.oauth ? " xoauth2 oauthbearer" : ""}
auth_failure_delay = 0
passdb {
  driver = passwd-file
  master = yes
  mechanisms = plain login
  args = ${root}/masters
}
passdb {
  driver = static
  mechanisms = plain login
  args = password=pass
}
${options.oauth ? `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${root}/oauth2.conf\n}` : ""}
userdb {
  driver = static
  args = allow_all_users=yes uid=nobody gid=nogroup home=${root}/mail/%u${options.sharedNamespace ? " master_user=%u" : ""}
}
mail_location = ${options.format === "maildir" ? "maildir:~/Maildir" : "sdbox:~/mail"}
mail_fsync = ${options.fsync ?? "optimized"}
mailbox_list_index = ${options.listIndex ? "yes" : "no"}
mail_max_userip_connections = 100
mail_plugins = ${plugins.join(" ")}
${hidden.size > 0 ? `imap_capability = ${announced.join(" ")}` : ""}
${namespaces(root, options)}
${pluginSettings(root, options)}
protocol imap {
  mail_plugins = $mail_plugins ${imapPlugins.join(" ")}
}
ssl = yes
ssl_cert = <${root}/cert.pem
ssl_key = <${root}/key.pem
ssl_min_protocol = TLSv1.2
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
  service_count = 0
  process_min_avail = 1
  chroot =
}
service imap {
  process_limit = 200
}
service anvil {
  chroot =
  # Else wrong passwords from 127.0.0.1 make later logins wait up to 15 s.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
${options.extraConfig ?? ""}
`;
}

/** Tokens are checked by Dovecot alone, against the key in this directory; or by asking their provider. */
export function oauthConfig(root: string, oauth: DovecotOptions["oauth"]): string {
  if (typeof oauth === "object")
    return `introspection_mode = post\nintrospection_url = ${oauth.introspection}\nactive_attribute = active\nactive_value = true\nusername_attribute = sub\n`;
  return `introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=${root}/oauth-keys/\nusername_attribute = sub\n`;
}

function namespaces(root: string, options: DovecotOptions): string {
  const separator = options.separator ?? "/";
  const kind = options.format ?? "sdbox";
  const own = `
namespace inbox {
  inbox = yes
  separator = ${separator}
  mailbox Drafts {
    special_use = \\Drafts
  }
  mailbox Sent {
    special_use = \\Sent
  }
  mailbox Trash {
    special_use = \\Trash
  }
  mailbox Junk {
    special_use = \\Junk
  }
  mailbox Archive {
    special_use = \\Archive
  }
}`;
  const open = `
namespace public {
  type = public
  separator = ${separator}
  prefix = Public${separator}
  location = ${kind}:${root}/public
  subscriptions = no
}`;
  const shared = `
namespace shared {
  type = shared
  separator = ${separator}
  prefix = Shared${separator}%%u${separator}
  location = ${kind === "maildir" ? `maildir:${root}/mail/%%u/Maildir` : `sdbox:${root}/mail/%%u/mail`}
  subscriptions = no
  list = children
}`;
  return own + (options.publicNamespace ? open : "") + (options.sharedNamespace ? shared : "");
}

function pluginSettings(root: string, options: DovecotOptions): string {
  const lines = [
    ...(options.quotaKb
      ? ["quota = count:User quota", "quota_vsizes = yes", `quota_rule = *:storage=${options.quotaKb}K`]
      : []),
    ...(options.sharedNamespace
      ? [`acl = vfile:${root}/global-acl`, `acl_shared_dict = file:${root}/shared-mailboxes`]
      : []),
  ];
  return lines.length === 0 ? "" : `plugin {\n  ${lines.join("\n  ")}\n}`;
}
