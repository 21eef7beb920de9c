// What every step of restore push needs. Nothing but a type.
import type { ArchiveInfo } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { WorkHost } from "./host.ts";

export interface Around {
  readonly host: WorkHost;
  readonly database: Database;
  readonly screen: Screen;
  readonly archive: ArchiveInfo;
}
