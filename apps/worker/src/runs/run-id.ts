// A run's number as it is typed.
import { asId, MailError, type RunId } from "@packetboat/core";

/** Throws CONFIG_INVALID when it is no number of a run. */
export function readRunId(text: string): RunId {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new MailError("CONFIG_INVALID", "RUN is the number of a run, such as 42. packetboat runs lists them.");
  }
  return asId<RunId>(text);
}
