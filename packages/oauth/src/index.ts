// The door of oauth: signing in at a provider of tokens, and renewing that. Everything here loads openid-client: commands import it when a
// sign-in is asked for or due, never at their start.
export { type BrowserOptions, signInByBrowser } from "./browser.ts";
export { type DeviceCode, type DeviceOptions, signInByDevice } from "./device.ts";
export {
  chooseProvider,
  chooseWay,
  type Draft,
  type Provider,
  type ProviderOptions,
  readProvider,
  type Way,
} from "./provider.ts";
export { discovered, type Granted, renew, revoke, type Session } from "./session.ts";
export {
  type BegunSignIn,
  type Identity,
  openWebSignIn,
  type WebProvider,
  type WebSignIn,
} from "./web-sign-in.ts";
