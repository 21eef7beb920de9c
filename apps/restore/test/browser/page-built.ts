// Builds the page before the browser ring, so that no test waits for it and no two build it at once.
import { builtPage } from "../../src/http/page-build.ts";

export default async function setup(): Promise<void> {
  await builtPage(() => undefined);
}
