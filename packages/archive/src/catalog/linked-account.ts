// A link with all that must be known before a pass over it: its account, what holds that, who else writes to the archive. One question, because
// a worker asks it for every pass, and most passes find nothing to do.
import { type AccountId, asId, type ErrorCode, type LinkId } from "@packetboat/core";
import type { Pool } from "pg";
import { type ArchiveSettings, PROVES_KEYS } from "../session.ts";
import { ACCOUNT_COLUMNS, type Account, type AccountRow, accountOf } from "./accounts.ts";
import { millis, rowsOf } from "./asking.ts";
import type { Hold } from "./holds.ts";
import { LINK_COLUMNS, type LinkInfo, type LinkRow, linkOf } from "./links.ts";

export interface LinkedAccount {
  readonly link: LinkInfo;
  readonly account: Account;
  /** Some link of the archive has `push`. */
  readonly archiveIsPushed: boolean;
  readonly archiveSettings: ArchiveSettings;
  /** What held the account last, also when its time has come; or null. */
  readonly hold: Hold | null;
}

interface Row extends LinkRow, AccountRow {
  readonly archive_is_pushed: boolean;
  readonly key_space: number;
  readonly proves_keys: boolean;
  readonly code: ErrorCode | null;
  readonly detail: string;
  readonly since: number;
  readonly until: number | null;
}

// By primary keys and link_archive.
const SELECT = `select ${LINK_COLUMNS}, ${ACCOUNT_COLUMNS},
    exists (select from link o where o.archive_id = l.archive_id and o.push) as archive_is_pushed,
    a.key_space, ${PROVES_KEYS} as proves_keys,
    h.code, h.detail, ${millis("h.since")} as since, ${millis("h.until")} as until
  from link l join archive a on a.id = l.archive_id join account c on c.id = l.account_id
  left join account_hold h on h.account_id = c.id
  where l.id = any($1::bigint[])`;

/** These links as they are now; null: there is no such link. Throws what asDatabaseError says. */
export async function linkedAccounts(pool: Pool, ids: readonly LinkId[]): Promise<readonly (LinkedAccount | null)[]> {
  const rows = await rowsOf<Row>(pool, SELECT, [ids], "archive_linked_accounts");
  const of = new Map(rows.map((row) => [Number(row.id), linkedOf(row)]));
  return ids.map((id) => of.get(id) ?? null);
}

/** The same of one. */
export async function linkedAccount(pool: Pool, id: LinkId): Promise<LinkedAccount | null> {
  const [linked] = await linkedAccounts(pool, [id]);
  return linked ?? null;
}

function linkedOf(row: Row): LinkedAccount {
  const id = asId<AccountId>(row.account_id);
  const { code, detail, since, until } = row;
  return {
    link: linkOf(row),
    account: accountOf({ ...row, id: row.account_id }),
    archiveIsPushed: row.archive_is_pushed,
    archiveSettings: { keySpace: row.key_space, provesKeys: row.proves_keys },
    hold: code === null ? null : { accountId: id, code, detail, since, until },
  };
}
