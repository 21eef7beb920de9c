// A link with all that must be known before a pass over it: its account, what holds that, who else writes to the archive. One question, because
// a worker asks it for every pass, and most passes find nothing to do.
import { type AccountId, asId, type ErrorCode, type LinkId } from "@packetboat/core";
import { asDatabaseError } from "@packetboat/database";
import type { Pool } from "pg";
import type { Account, AccountSignIn } from "./accounts.ts";
import { millis, moment } from "./asking.ts";
import type { Hold } from "./holds.ts";
import { LINK_COLUMNS, type LinkInfo, type LinkRow, linkOf } from "./links.ts";

export interface LinkedAccount {
  readonly link: LinkInfo;
  readonly account: Account;
  /** Some link of the archive has `push`. */
  readonly archiveIsPushed: boolean;
  /** What holds the account, or null. */
  readonly hold: Hold | null;
}

interface Row extends LinkRow {
  readonly settings: unknown;
  readonly created_at: number;
  readonly has_secret: boolean;
  readonly sign_in: AccountSignIn | null;
  readonly archive_is_pushed: boolean;
  readonly code: ErrorCode | null;
  readonly detail: string;
  readonly since: number;
  readonly until: number | null;
}

// By primary keys and link_archive.
const SELECT = `select ${LINK_COLUMNS}, c.settings, ${millis("c.created_at")} as created_at,
    exists (select from secret where account_id = c.id) as has_secret,
    (select json_build_object('provider', s.provider, 'expiresAt', ${millis("s.expires_at")}, 'renewedAt', ${millis("s.renewed_at")})
      from sign_in s where s.account_id = c.id) as sign_in,
    exists (select from link o where o.archive_id = l.archive_id and o.push) as archive_is_pushed,
    h.code, h.detail, ${millis("h.since")} as since, ${millis("h.until")} as until
  from link l join archive a on a.id = l.archive_id join account c on c.id = l.account_id
  left join account_hold h on h.account_id = c.id and (h.until is null or h.until > ${moment("$2")})
  where l.id = $1`;

/** The link as it is now; null: there is none. `now`: milliseconds since 1970. Throws what asDatabaseError says. */
export async function linkedAccount(pool: Pool, id: LinkId, now: number): Promise<LinkedAccount | null> {
  const { rows } = await pool
    .query<Row>({ name: "archive_linked_account", text: SELECT, values: [id, now] })
    .catch((error: unknown) => {
      throw asDatabaseError(error);
    });
  const [row] = rows;
  if (row === undefined) return null;
  const accountId = asId<AccountId>(row.account_id);
  const { user_name: user, host, port, settings, code, detail, since, until } = row;
  return {
    link: linkOf(row),
    account: {
      id: accountId,
      user,
      host,
      port,
      settings,
      createdAt: row.created_at,
      hasSecret: row.has_secret,
      signIn: row.sign_in,
    },
    archiveIsPushed: row.archive_is_pushed,
    hold: code === null ? null : { accountId, code, detail, since, until },
  };
}
