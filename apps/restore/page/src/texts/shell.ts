// Sentences of the frame: its name, where one can go, signing in, what went wrong. All text that people read stands in this folder, by screen.

export const shell = {
  name: "Packetboat",
  titled: (screen: string) => `${screen} · Packetboat`,
  skip: "Skip to the content",
  places: { safe: "Is my mail safe?", mail: "Mail", runs: "Runs", accounts: "Accounts", settings: "Settings" },
  menu: "Menu",
  navigation: "Main",
  account: (name: string) => `Signed in as ${name}`,
  roles: { admin: "Administrator", reader: "Reader" } as Readonly<Record<string, string>>,
  signOut: "Sign out",
  jobs: "Restores and downloads",
  theme: "Appearance",
  themes: { light: "Light", dark: "Dark", auto: "As this device" },
  loading: "Loading",
} as const;

export const signIn = {
  title: "Sign in",
  lead: "Your mail, as it is and as it was.",
  name: "Name",
  password: "Password",
  submit: "Sign in",
  or: "or",
  at: (provider: string) => `Sign in with ${provider}`,
  entering: "One moment: you are being signed in.",
  notIn: "You were not signed in.",
  back: "Back to the sign-in",
  forgotten: "Forgot your password? Whoever runs Packetboat can make you a new link:",
  forgottenCommand: "./packetboat web --new-link NAME",
  forgottenName:
    "Forgot your name, too? The link says it, and where there is no such NAME, the command says which there are.",
} as const;

export const welcome = {
  title: "Choose a password",
  lead: "Welcome. This link works once, and only for you. Choose the password that you will sign in with.",
  password: "New password",
  hint: "At least 12 characters. A few words that you remember are better than signs that you do not.",
  submit: "Choose this password",
  noToken: "This link is not complete. Open it again, whole, as it was given to you.",
  name: "Your name",
  nameHint: "You sign in with it.",
  spent: "This link does not work any more: it was used already, or it is more than a day old.",
  toSignIn: "Sign in",
} as const;

export const failure = {
  title: "That did not work",
  unreachable: "Packetboat does not answer. Check that it is running and that you are connected, then try again.",
  unknown: (status: number) => `The server answered with ${status}, and did not say why. Try again in a while.`,
  own: "The page itself made a mistake. Reload it; if it comes back, please report it.",
  again: "Try again",
  reload: "Reload the page",
  notFoundTitle: "There is nothing here",
  notFound: "The address may be mistyped, or what it led to is gone.",
  home: "To the first screen",
} as const;
