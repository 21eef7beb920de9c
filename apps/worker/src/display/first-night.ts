// What the first backup of an account ends with: where the data lies, how to read it back, and the lines for every night. Pure.
// It must never print a password, and never a line that would not work: where the nightly run would find no password, it says so.

export interface FirstNight {
  /** Absolute path of ./packetboat. */
  readonly program: string;
  readonly archive: string;
  /** In words: "the embedded database in /home/you/.local/share/packetboat". */
  readonly where: string;
  /** The arguments of `backup`, without --quiet; no password in them. */
  readonly args: readonly string[];
  /** The nightly run finds a password: it is kept, or an option names a file or a command. */
  readonly hasPassword: boolean;
  /** Variables that the nightly run needs too; secrets are not among them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The database's address lies in PACKETBOAT_DATABASE_URL, which may hold a password and is not printed. */
  readonly foreignDatabase: boolean;
  /** In a container: the line for sh that calls it from outside (PACKETBOAT_CALL). Null: it is called by its path. */
  readonly call: string | null;
}

/** Quotes an argument for sh, where it needs to be. */
export function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A % ends the command of a crontab line (crontab(5)). */
const forCron = (line: string): string => line.replaceAll("%", "\\%");
/** systemd expands % and $ in ExecStart, and reads quotes its own way (systemd.service(5)). */
const forSystemd = (text: string): string => {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("%", "%%").replaceAll("$", "$$$$").replaceAll('"', '\\"');
  return /[\s"';\\]/.test(text) ? `"${escaped}"` : escaped;
};

/** Gives the lines. */
export function firstNightLines(night: FirstNight): readonly string[] {
  const { archive } = night;
  const call: Call = (...words) =>
    [night.call ?? shellQuoted(night.program), ...words.map((word) => shellQuoted(word))].join(" ");
  return [
    `The mail is in the archive ${archive}, in ${night.where}.`,
    "",
    `  See what is there       ${call("restore", "list", archive)}`,
    `  See what changed        ${call("log", archive)}`,
    `  Make it findable        ${call("index", archive)}`,
    `  Find a message          ${call("restore", "search", archive, "from:ann invoice")}`,
    `  Get it back as files    ${call("restore", "export", archive, "--to", "eml:DIRECTORY")}`,
    `  Prove that it is whole  ${call("verify", archive)}`,
    "",
    ...(night.call === null ? nightsByProgram(night, call) : nightsByContainer(night, call)),
  ];
}

type Call = (...words: readonly string[]) => string;

function nightsByProgram(night: FirstNight, call: Call): readonly string[] {
  const { program, args } = night;
  const nightly = [...args, ...(night.hasPassword ? [] : ["--password-file", "/path/to/password"]), "--quiet"];
  const settings = Object.entries(night.variables);
  const cron = [...settings.map(([name, value]) => `${name}=${shellQuoted(value)}`), call("backup", ...nightly)].join(
    " ",
  );
  return [
    "Every night, with cron (crontab -e):",
    `  17 3 * * *  ${forCron(cron)}`,
    "or with systemd, in ~/.config/systemd/user/:",
    "  packetboat.service   [Service]",
    "                       Type=oneshot",
    ...settings.map(([name, value]) => `                       Environment=${forSystemd(`${name}=${value}`)}`),
    `                       ExecStart=${[program, "backup", ...nightly].map(forSystemd).join(" ")}`,
    "  packetboat.timer     [Timer]",
    "                       OnCalendar=03:17",
    "                       Persistent=true",
    "                       [Install]",
    "                       WantedBy=timers.target",
    "  then: systemctl --user enable --now packetboat.timer",
    ...(night.hasPassword
      ? []
      : ["", "The password of this run is not kept: put it into a file that only you can read, and name that above."]),
    ...(night.foreignDatabase ? ["", "PACKETBOAT_DATABASE_URL must be set there too."] : []),
  ];
}

/** The machine outside has neither our paths nor our user: it calls the container, which has its variables already. */
function nightsByContainer({ args, hasPassword }: FirstNight, call: Call): readonly string[] {
  const account = args.filter((arg, at) => at === 0 || arg === "--allow-cleartext");
  return [
    "Every night, with cron of the machine that runs the container (crontab -e):",
    `  17 3 * * *  cd /path/to/packetboat && ${forCron(call("backup", ...args, "--quiet"))}`,
    ...(hasPassword
      ? []
      : ["", "The password of this run is not kept. This asks for it, and keeps it sealed:"].concat(
          `  ${call("account", "add", ...account, "--keep-password")}`,
        )),
  ];
}
