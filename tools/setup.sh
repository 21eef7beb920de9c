#!/bin/sh
# Brings the runtime (Node >= 24, pnpm) and the locked dependencies into the checkout, then runs the given command with them.
# Installs only when the lock file changed; one installer at a time; an interrupted install is finished by the next call.
# It must never touch anything outside the checkout, and never print on stdout: that belongs to the command.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
runtime=$root/.runtime
say() { printf '%s\n' "packetboat: $*" >&2; }
node_is_new() { "$1" -e 'process.exit(+process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; }

stamp=$(cat "$root/pnpm-lock.yaml" "$root/tools/setup.sh" | cksum)
if [ "$(cat "$runtime/stamp" 2>/dev/null || true)" != "$stamp" ]; then
  command -v npm >/dev/null 2>&1 || { say "npm is not installed. Install Node.js 20 or newer with npm, then run this again."; exit 2; }
  mkdir -p "$runtime"
  # mkdir is atomic everywhere; a lock whose owner is gone is taken over.
  until mkdir "$runtime/lock" 2>/dev/null; do
    owner=$(cat "$runtime/lock/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then mv "$runtime/lock" "$runtime/lock.$$" 2>/dev/null && rm -rf "$runtime/lock.$$"; fi
    sleep 1
  done
  echo $$ > "$runtime/lock/pid"
  trap 'rm -rf "$runtime/lock"' EXIT
  trap 'exit 130' INT TERM
  if [ "$(cat "$runtime/stamp" 2>/dev/null || true)" != "$stamp" ]; then
    say "first start: installing what it needs into $root (about 20 seconds)"
    npm install --prefix "$runtime" --no-save --no-audit --no-fund --loglevel=error node@24 pnpm@12.21.0 >&2 \
      || { say "the installation from the npm registry failed. Check the network and run this again."; exit 1; }
    (cd "$root" && PATH="$runtime/node_modules/.bin:$PATH" CI=true pnpm install --frozen-lockfile --reporter=silent >&2) \
      || { say "the dependencies could not be installed. Check the network and run this again."; exit 1; }
    printf '%s' "$stamp" > "$runtime/stamp.new" && mv "$runtime/stamp.new" "$runtime/stamp"
  fi
  rm -rf "$runtime/lock"
  trap - EXIT INT TERM
fi
PATH=$runtime/node_modules/.bin:$root/node_modules/.bin:$PATH
export PATH
exec "$@"
