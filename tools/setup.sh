#!/bin/sh
# Brings the runtime (Node >= 24, pnpm) and the locked dependencies into the checkout, then runs the given command with them.
# Installs only when the lock file, the workspace file or this file changed; one installer at a time; what an interrupted install left
# behind is thrown away by the next call. Needs npm and Node 20 of the machine, for the first call only.
# It must never write outside the checkout (but for the caches of npm and pnpm), and never on stdout: that is the command's.
set -eu
tools='node@24.21.0 pnpm@12.21.0' # what npm brings; keep pnpm in step with package.json
flags='--max-semi-space-size=4 --initial-old-space-size=128 --no-parallel-scavenge' # as in packetboat: V8 takes compiled code only under the flags it was made with
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P)
runtime=$root/.runtime
say() { printf 'packetboat: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

wanted() { cat "$root/pnpm-lock.yaml" "$root/pnpm-workspace.yaml" "$root/tools/setup.sh"; }
is_ready() {
  [ -x "$runtime/node_modules/.bin/node" ] && [ -d "$root/node_modules/.pnpm" ] && [ -f "$runtime/program.cjs" ] && wanted | cmp -s - "$runtime/stamp"
}
# Both lock the open file 9, not a name: the kernel frees it however its holders end, also after kill -9.
take_lock() {
  if command -v flock >/dev/null 2>&1; then flock 9; else perl -e 'open my $file, ">&=", 9 or die; flock $file, 2 or die'; fi
}
install_runtime() {
  rm -rf "$runtime/node_modules" "$runtime/tools"
  # shellcheck disable=SC2086 # two words on purpose
  npm install --prefix "$runtime" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts=false \
    --loglevel=error $tools >&2 || return 1
  printf '%s' "$tools" >"$runtime/tools"
}
install_dependencies() (
  cd "$root" && PATH=$runtime/node_modules/.bin:$PATH CI=true pnpm install --frozen-lockfile --reporter=silent >&2
)
# What every run loads, in one file and compiled; the command itself does it again when a source was edited: docs/decisions/0006-one-file.md
make_program() (
  # shellcheck disable=SC2086 # two words on purpose
  PATH=$runtime/node_modules/.bin:$PATH && node $flags "$root/tools/program.ts" >&2
)
install() {
  # A marker that is still there belongs to an install that was killed: nothing it wrote is trusted.
  if [ -e "$runtime/installing" ]; then
    rm -rf "$root"/node_modules "$root"/*/node_modules "$root"/*/*/node_modules
  fi
  : >"$runtime/installing"
  rm -f "$runtime/stamp" "$runtime"/program*
  [ -d "${HOME:-}" ] && [ -w "${HOME:-}" ] || { HOME=$runtime/home && export HOME && mkdir -p "$HOME"; }
  [ "$(cat "$runtime/tools" 2>/dev/null)" = "$tools" ] || install_runtime || fail "npm could not fetch $tools. Look at its message above, then run this again."
  install_dependencies || fail "pnpm could not install the dependencies. Check the network and the free disk space, then run this again."
  make_program || fail "the program could not be put into $runtime. Look at the message above; if the disk is not full, please report it."
  { wanted >"$runtime/stamp.new" && mv "$runtime/stamp.new" "$runtime/stamp"; } || fail "$runtime cannot be written. Check the free disk space, then run this again."
  rm -f "$runtime/installing"
}

if ! is_ready; then
  command -v npm >/dev/null 2>&1 || { say "npm is not installed. Install Node.js 20 or newer with npm, then run this again."; exit 2; }
  mkdir -p "$runtime" 2>/dev/null && [ -w "$runtime" ] || fail "$root is not set up and belongs to another user. Run this once as its owner."
  say "setting up $root (once, about half a minute)"
  (take_lock && { is_ready || install; }) 9>"$runtime/lock" </dev/null
fi
PATH=$runtime/node_modules/.bin:$root/node_modules/.bin:$PATH
export PATH
exec "$@"
