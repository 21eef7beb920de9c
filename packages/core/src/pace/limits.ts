// What an account may be asked to give: connections, commands, bytes. Numbers over plain data, of a provider's profile or of a person's
// choice. Pure. It must never know a provider: the room that speaks to servers does.

/** Limits of one account, whatever uses it. Null: none. */
export interface AccountLimits {
  /** Open at one time. */
  readonly connections: number | null;
  readonly commandsPerMinute: number | null;
  /** Of bodies, in each direction. */
  readonly bytesPerSecond: number | null;
  /** Of bodies fetched and appended in one day of UTC. */
  readonly downPerDay: number | null;
  readonly upPerDay: number | null;
}

export const LIMIT_NAMES = ["connections", "commandsPerMinute", "bytesPerSecond", "downPerDay", "upPerDay"] as const;

export const NO_LIMITS: AccountLimits = {
  connections: null,
  commandsPerMinute: null,
  bytesPerSecond: null,
  downPerDay: null,
  upPerDay: null,
};

/** Limits that a person chose: a number in place of the profile's, null for none at all; what is left out stays the profile's. */
export type ChosenLimits = { readonly [Name in keyof AccountLimits]?: AccountLimits[Name] | undefined };

/** Gives the limits with what a person chose instead. */
export function chosenOver(limits: AccountLimits, chosen: ChosenLimits): AccountLimits {
  const one = (name: keyof AccountLimits): number | null => {
    const choice = chosen[name];
    return choice === undefined ? limits[name] : choice;
  };
  return {
    connections: one("connections"),
    commandsPerMinute: one("commandsPerMinute"),
    bytesPerSecond: one("bytesPerSecond"),
    downPerDay: one("downPerDay"),
    upPerDay: one("upPerDay"),
  };
}

export const isUnlimited = (limits: AccountLimits): boolean => LIMIT_NAMES.every((name) => limits[name] === null);
