#!/bin/sh
# Starts the demo Dovecot on a fresh copy of the sample mail. git keeps no empty directories, a Maildir needs them.
set -eu
cp -R /demo/Maildir /srv/mail/
for mailbox in /srv/mail/Maildir /srv/mail/Maildir/.Projects.2026; do mkdir -p "$mailbox/cur" "$mailbox/tmp"; done
chown -R 1000:1000 /srv/mail
exec dovecot -F
