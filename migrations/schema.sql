-- The schema after all migrations, printed by `pnpm --filter @packetboat/database schema`. For reading and comparing; the migrations are what is run.

create table account (
  appends_read integer not null default 0,
  created_at timestamp with time zone not null default now(),
  host text not null,
  id bigint not null generated always as identity,
  port integer not null,
  rewrites boolean not null default false,
  settings jsonb not null default '{}'::jsonb,
  user_name text not null
);

create table account_hold (
  account_id bigint not null,
  code text not null,
  detail text not null,
  since timestamp with time zone not null,
  until timestamp with time zone
);

create table api_token (
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  hash bytea not null,
  id bigint not null generated always as identity,
  name text not null,
  scopes text[] not null,
  used_at timestamp with time zone,
  user_id bigint not null
);

create table app_user (
  created_at timestamp with time zone not null,
  id bigint not null generated always as identity,
  name text not null,
  password text,
  role text not null
);

create table archive (
  created_at timestamp with time zone not null default now(),
  id bigint not null generated always as identity,
  key_space integer not null default 1,
  name text not null,
  revision bigint not null default 0
);

create table audit (
  archive_id bigint,
  detail jsonb not null,
  happened_at timestamp with time zone not null,
  id bigint not null generated always as identity,
  kind text not null,
  user_id bigint
);

create table blob (
  bytes bytea storage external,
  canonical bytea,
  codec smallint not null,
  fingerprint bytea,
  id bigint not null generated always as identity,
  key_space integer not null,
  sha256 bytea not null,
  size integer not null,
  stored_at timestamp with time zone not null default now()
);

create table blob_part (
  blob_id bigint not null,
  bytes bytea storage plain not null,
  codec smallint not null,
  part integer not null
);

create table content (
  attached boolean not null,
  bcc_line text storage main not null,
  blob_id bigint not null,
  cc_line text storage main not null,
  dated_at timestamp with time zone,
  files text storage main not null,
  from_line text storage main not null,
  indexed_at timestamp with time zone not null,
  names text storage main not null,
  places text storage main not null,
  reason text,
  sent_at timestamp with time zone,
  shown jsonb storage main not null,
  state text not null,
  subject text storage main not null,
  to_line text storage main not null,
  version smallint not null,
  words text storage main not null
) with (toast_tuple_target=256);

create table forgotten (
  canonical bytea not null,
  fingerprint bytea,
  internal_date timestamp with time zone,
  message_id bigint not null,
  size integer not null
);

create table indexed (
  anew_since timestamp with time zone,
  archive_id bigint not null,
  through bigint not null,
  version smallint not null
);

create table indexed_week (
  archive_id bigint not null,
  messages integer not null,
  week integer not null
);

create table intent (
  flags text[] not null,
  kind text not null,
  message_id bigint not null,
  remote_mailbox_id bigint not null,
  uid_next bigint,
  uid_validity bigint
);

create table invitation (
  expires_at timestamp with time zone not null,
  hash bytea not null,
  user_id bigint not null
);

create table job (
  archive_id bigint not null,
  asked jsonb not null,
  cancelled boolean not null default false,
  changed_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  error jsonb,
  id bigint not null generated always as identity,
  kind text not null,
  preview jsonb,
  progress jsonb,
  result jsonb,
  state text not null,
  user_id bigint,
  version integer not null default 1
);

create table lease (
  account_id bigint not null,
  acquired_at timestamp with time zone not null default now(),
  holder text not null,
  token bigint not null
);

create table link (
  account_id bigint not null,
  archive_id bigint not null,
  created_at timestamp with time zone not null default now(),
  id bigint not null generated always as identity,
  policy jsonb not null,
  pull boolean not null,
  push boolean not null
);

create table mailbox (
  archive_id bigint not null,
  id bigint not null generated always as identity
);

create table mailbox_count (
  archive_id bigint not null,
  bytes bigint not null,
  mailbox_id bigint not null,
  messages bigint not null,
  revision bigint not null,
  unread bigint not null
);

create table mailbox_newest (
  mailbox_id bigint not null,
  messages bigint[] not null,
  revision bigint not null
);

create table mailbox_tally (
  arrived integer not null,
  mailbox_id bigint not null,
  revision bigint not null,
  vanished integer not null
);

create table mailbox_version (
  archive_id bigint not null,
  from_revision bigint not null,
  mailbox_id bigint not null,
  path text[] not null,
  path_key bytea not null,
  role text,
  subscribed boolean not null,
  to_revision bigint not null default '9223372036854775807'::bigint
);

create table message (
  archive_id bigint not null,
  blob_id bigint,
  id bigint not null generated always as identity,
  internal_date timestamp with time zone
);

create table message_version (
  flags text[] not null,
  from_revision bigint not null,
  mailbox_id bigint not null,
  message_id bigint not null,
  to_revision bigint not null default '9223372036854775807'::bigint
);

create table pending (
  attempts integer not null,
  bytes bigint,
  detail text not null,
  kind text not null,
  reason text not null,
  remote_mailbox_id bigint not null,
  run_id bigint not null,
  uid bigint not null
);

create table placement (
  copy_fingerprint bytea,
  copy_sha256 bytea,
  copy_size integer,
  email_id text,
  flags text[] not null,
  message_id bigint not null,
  modseq bigint,
  remote_mailbox_id bigint not null,
  uid bigint,
  unproved boolean not null default false
);

create table remote_mailbox (
  complete_at timestamp with time zone,
  id bigint not null generated always as identity,
  link_id bigint not null,
  mailbox_id bigint not null,
  mark_highest_modseq bigint,
  mark_messages bigint,
  mark_uid_next bigint,
  mark_uid_validity bigint,
  marked_at timestamp with time zone,
  name text not null,
  name_key bytea not null,
  object_id text,
  path text[] not null,
  pushed_path text[],
  pushed_revision bigint not null default 0,
  renaming_to text,
  resting boolean not null default false,
  role text,
  subscribed boolean not null,
  uid_validity bigint
);

create table revision (
  archive_id bigint not null,
  arrived integer not null default 0,
  made_at timestamp with time zone not null,
  number bigint not null,
  run_id bigint,
  vanished integer not null default 0
);

create table run (
  approval_used_at timestamp with time zone,
  approved_at timestamp with time zone,
  finished_at timestamp with time zone,
  holder text not null,
  id bigint not null generated always as identity,
  link_id bigint not null,
  outcome text,
  report jsonb,
  started_at timestamp with time zone not null
);

create table schedule (
  cron text,
  link_id bigint not null,
  next_at timestamp with time zone,
  spread_seconds integer not null default 0,
  time_zone text not null,
  watch boolean not null default false
);

create table secret (
  account_id bigint not null,
  sealed bytea not null,
  stored_at timestamp with time zone not null default now()
);

create table server_removal (
  messages integer not null,
  remote_mailbox_id bigint not null,
  removed_at timestamp with time zone not null,
  run_id bigint not null
);

create table session (
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  hash bytea not null,
  id bigint not null generated always as identity,
  used_at timestamp with time zone not null,
  user_id bigint not null
);

create table sign_in (
  account_id bigint not null,
  expires_at timestamp with time zone not null,
  provider jsonb not null,
  renewed_at timestamp with time zone not null,
  sealed bytea not null
);

create table sign_in_attempt (
  failures integer not null,
  last_at timestamp with time zone not null,
  locked_until timestamp with time zone,
  subject text not null
);

create table storage_counted (
  archive_id bigint not null,
  through bigint not null
);

create table storage_day (
  archive_id bigint not null,
  bytes bigint not null,
  day date not null,
  kept_bytes bigint not null,
  messages bigint not null,
  repeated_bytes bigint not null
);

create table throttle (
  account_id bigint not null,
  bytes_down bigint not null default 0,
  bytes_up bigint not null default 0,
  commands bigint not null default 0,
  day date not null,
  waited_ms bigint not null default 0
);

create table unsent (
  attempts integer not null,
  detail text not null,
  kind text not null,
  message_id bigint not null,
  reason text not null,
  remote_mailbox_id bigint not null,
  run_id bigint not null
);

create table user_archive (
  archive_id bigint not null,
  user_id bigint not null
);

create table user_identity (
  created_at timestamp with time zone not null,
  issuer text not null,
  subject text not null,
  user_id bigint not null
);

alter table account add constraint account_pkey PRIMARY KEY (id);
alter table account add constraint account_user_host_port UNIQUE (user_name, host, port);
alter table account_hold add constraint account_hold_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table account_hold add constraint account_hold_pkey PRIMARY KEY (account_id);
alter table api_token add constraint api_token_hash UNIQUE (hash);
alter table api_token add constraint api_token_pkey PRIMARY KEY (id);
alter table api_token add constraint api_token_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE;
alter table app_user add constraint app_user_name UNIQUE (name);
alter table app_user add constraint app_user_pkey PRIMARY KEY (id);
alter table app_user add constraint app_user_role CHECK ((role = ANY (ARRAY['admin'::text, 'reader'::text])));
alter table archive add constraint archive_name UNIQUE (name);
alter table archive add constraint archive_pkey PRIMARY KEY (id);
alter table audit add constraint audit_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE SET NULL;
alter table audit add constraint audit_pkey PRIMARY KEY (id);
alter table blob add constraint blob_bytes CHECK (((bytes IS NULL) = (codec = 2)));
alter table blob add constraint blob_pkey PRIMARY KEY (id);
alter table blob add constraint blob_sha256 UNIQUE (key_space, sha256);
alter table blob_part add constraint blob_part_pkey PRIMARY KEY (blob_id, part);
alter table content add constraint content_blob_id_blob_id_fk FOREIGN KEY (blob_id) REFERENCES blob(id) ON DELETE CASCADE;
alter table content add constraint content_pkey PRIMARY KEY (blob_id);
alter table forgotten add constraint forgotten_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id) ON DELETE CASCADE;
alter table forgotten add constraint forgotten_pkey PRIMARY KEY (message_id);
alter table indexed add constraint indexed_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table indexed add constraint indexed_pkey PRIMARY KEY (archive_id);
alter table indexed_week add constraint indexed_week_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table indexed_week add constraint indexed_week_pkey PRIMARY KEY (archive_id, week);
alter table intent add constraint intent_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id);
alter table intent add constraint intent_pkey PRIMARY KEY (message_id, remote_mailbox_id, kind);
alter table intent add constraint intent_remote_mailbox_id_remote_mailbox_id_fk FOREIGN KEY (remote_mailbox_id) REFERENCES remote_mailbox(id) ON DELETE CASCADE;
alter table invitation add constraint invitation_hash UNIQUE (hash);
alter table invitation add constraint invitation_pkey PRIMARY KEY (user_id);
alter table invitation add constraint invitation_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE;
alter table job add constraint job_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table job add constraint job_kind CHECK ((kind = ANY (ARRAY['restore'::text, 'export'::text, 'import'::text])));
alter table job add constraint job_pkey PRIMARY KEY (id);
alter table job add constraint job_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE SET NULL;
alter table lease add constraint lease_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table lease add constraint lease_pkey PRIMARY KEY (account_id);
alter table link add constraint link_account_archive UNIQUE (account_id, archive_id);
alter table link add constraint link_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table link add constraint link_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table link add constraint link_pkey PRIMARY KEY (id);
alter table mailbox add constraint mailbox_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table mailbox add constraint mailbox_pkey PRIMARY KEY (id);
alter table mailbox_count add constraint mailbox_count_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table mailbox_count add constraint mailbox_count_pkey PRIMARY KEY (archive_id, revision, mailbox_id);
alter table mailbox_newest add constraint mailbox_newest_mailbox_id_mailbox_id_fk FOREIGN KEY (mailbox_id) REFERENCES mailbox(id) ON DELETE CASCADE;
alter table mailbox_newest add constraint mailbox_newest_pkey PRIMARY KEY (mailbox_id, revision);
alter table mailbox_tally add constraint mailbox_tally_mailbox_id_mailbox_id_fk FOREIGN KEY (mailbox_id) REFERENCES mailbox(id) ON DELETE CASCADE;
alter table mailbox_tally add constraint mailbox_tally_pkey PRIMARY KEY (mailbox_id, revision);
alter table mailbox_version add constraint mailbox_version_mailbox_id_mailbox_id_fk FOREIGN KEY (mailbox_id) REFERENCES mailbox(id) ON DELETE CASCADE;
alter table mailbox_version add constraint mailbox_version_pkey PRIMARY KEY (mailbox_id, from_revision);
alter table mailbox_version add constraint mailbox_version_span CHECK ((from_revision < to_revision));
alter table message add constraint message_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table message add constraint message_blob_id_blob_id_fk FOREIGN KEY (blob_id) REFERENCES blob(id);
alter table message add constraint message_pkey PRIMARY KEY (id);
alter table message_version add constraint message_version_mailbox_id_mailbox_id_fk FOREIGN KEY (mailbox_id) REFERENCES mailbox(id) ON DELETE CASCADE;
alter table message_version add constraint message_version_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id) ON DELETE CASCADE;
alter table message_version add constraint message_version_pkey PRIMARY KEY (message_id, from_revision);
alter table message_version add constraint message_version_span CHECK ((from_revision < to_revision));
alter table pending add constraint pending_pkey PRIMARY KEY (remote_mailbox_id, uid);
alter table pending add constraint pending_remote_mailbox_id_remote_mailbox_id_fk FOREIGN KEY (remote_mailbox_id) REFERENCES remote_mailbox(id) ON DELETE CASCADE;
alter table pending add constraint pending_run_id_run_id_fk FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE;
alter table placement add constraint placement_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id);
alter table placement add constraint placement_remote_mailbox_id_remote_mailbox_id_fk FOREIGN KEY (remote_mailbox_id) REFERENCES remote_mailbox(id) ON DELETE CASCADE;
alter table placement add constraint placement_uid UNIQUE (remote_mailbox_id, uid);
alter table remote_mailbox add constraint remote_mailbox_link_id_link_id_fk FOREIGN KEY (link_id) REFERENCES link(id) ON DELETE CASCADE;
alter table remote_mailbox add constraint remote_mailbox_mailbox_id_mailbox_id_fk FOREIGN KEY (mailbox_id) REFERENCES mailbox(id) ON DELETE CASCADE;
alter table remote_mailbox add constraint remote_mailbox_name UNIQUE (link_id, name_key) DEFERRABLE INITIALLY DEFERRED;
alter table remote_mailbox add constraint remote_mailbox_pair UNIQUE (link_id, mailbox_id) DEFERRABLE INITIALLY DEFERRED;
alter table remote_mailbox add constraint remote_mailbox_pkey PRIMARY KEY (id);
alter table revision add constraint revision_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table revision add constraint revision_pkey PRIMARY KEY (archive_id, number);
alter table revision add constraint revision_run_id_run_id_fk FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE SET NULL;
alter table run add constraint run_link_id_link_id_fk FOREIGN KEY (link_id) REFERENCES link(id) ON DELETE CASCADE;
alter table run add constraint run_pkey PRIMARY KEY (id);
alter table schedule add constraint schedule_link_id_link_id_fk FOREIGN KEY (link_id) REFERENCES link(id) ON DELETE CASCADE;
alter table schedule add constraint schedule_pkey PRIMARY KEY (link_id);
alter table secret add constraint secret_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table secret add constraint secret_pkey PRIMARY KEY (account_id);
alter table server_removal add constraint server_removal_pkey PRIMARY KEY (run_id, remote_mailbox_id);
alter table server_removal add constraint server_removal_run_id_run_id_fk FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE;
alter table session add constraint session_hash UNIQUE (hash);
alter table session add constraint session_pkey PRIMARY KEY (id);
alter table session add constraint session_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE;
alter table sign_in add constraint sign_in_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table sign_in add constraint sign_in_pkey PRIMARY KEY (account_id);
alter table sign_in_attempt add constraint sign_in_attempt_pkey PRIMARY KEY (subject);
alter table storage_counted add constraint storage_counted_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table storage_counted add constraint storage_counted_pkey PRIMARY KEY (archive_id);
alter table storage_day add constraint storage_day_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table storage_day add constraint storage_day_pkey PRIMARY KEY (archive_id, day);
alter table throttle add constraint throttle_account_id_account_id_fk FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table throttle add constraint throttle_pkey PRIMARY KEY (account_id, day);
alter table unsent add constraint unsent_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id);
alter table unsent add constraint unsent_pkey PRIMARY KEY (message_id, remote_mailbox_id);
alter table unsent add constraint unsent_remote_mailbox_id_remote_mailbox_id_fk FOREIGN KEY (remote_mailbox_id) REFERENCES remote_mailbox(id) ON DELETE CASCADE;
alter table unsent add constraint unsent_run_id_run_id_fk FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE;
alter table user_archive add constraint user_archive_archive_id_archive_id_fk FOREIGN KEY (archive_id) REFERENCES archive(id) ON DELETE CASCADE;
alter table user_archive add constraint user_archive_pkey PRIMARY KEY (user_id, archive_id);
alter table user_archive add constraint user_archive_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE;
alter table user_identity add constraint user_identity_pkey PRIMARY KEY (issuer, subject);
alter table user_identity add constraint user_identity_user UNIQUE (user_id, issuer);
alter table user_identity add constraint user_identity_user_id_app_user_id_fk FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE;

CREATE INDEX api_token_user ON api_token USING btree (user_id);
CREATE INDEX audit_archive ON audit USING btree (archive_id, kind);
CREATE INDEX blob_canonical ON blob USING btree (key_space, canonical) WHERE (canonical IS NOT NULL);
CREATE INDEX content_terms ON content USING gin (content_terms(subject, names, words, from_line, to_line, cc_line, bcc_line, files, attached, places));
CREATE INDEX intent_remote_mailbox ON intent USING btree (remote_mailbox_id);
CREATE INDEX job_archive ON job USING btree (archive_id);
CREATE INDEX job_user ON job USING btree (user_id);
CREATE INDEX link_archive ON link USING btree (archive_id);
CREATE INDEX mailbox_archive ON mailbox USING btree (archive_id);
CREATE UNIQUE INDEX mailbox_version_live_path ON mailbox_version USING btree (archive_id, path_key) WHERE (to_revision = '9223372036854775807'::bigint);
CREATE UNIQUE INDEX mailbox_version_open ON mailbox_version USING btree (mailbox_id) WHERE (to_revision = '9223372036854775807'::bigint);
CREATE INDEX message_archive ON message USING btree (archive_id, id);
CREATE INDEX message_blob ON message USING btree (blob_id);
CREATE INDEX message_version_from ON message_version USING btree (mailbox_id, from_revision);
CREATE UNIQUE INDEX message_version_open ON message_version USING btree (message_id) WHERE (to_revision = '9223372036854775807'::bigint);
CREATE INDEX message_version_page ON message_version USING btree (mailbox_id, message_id);
CREATE INDEX message_version_to ON message_version USING btree (mailbox_id, to_revision) WHERE (to_revision <> '9223372036854775807'::bigint);
CREATE INDEX pending_run ON pending USING btree (run_id, kind);
CREATE INDEX placement_email_id ON placement USING btree (email_id) WHERE (email_id IS NOT NULL);
CREATE INDEX placement_message ON placement USING btree (message_id);
CREATE INDEX remote_mailbox_mailbox ON remote_mailbox USING btree (mailbox_id);
CREATE INDEX revision_made_at ON revision USING btree (archive_id, made_at);
CREATE INDEX revision_run ON revision USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX run_link ON run USING btree (link_id, id);
CREATE INDEX schedule_next ON schedule USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX server_removal_removed_at ON server_removal USING btree (removed_at);
CREATE INDEX session_expires ON session USING btree (expires_at);
CREATE INDEX "session_user" ON session USING btree (user_id);
CREATE INDEX sign_in_attempt_last ON sign_in_attempt USING btree (last_at);
CREATE INDEX unsent_remote_mailbox ON unsent USING btree (remote_mailbox_id);
CREATE INDEX unsent_run ON unsent USING btree (run_id, kind);
CREATE INDEX user_archive_archive ON user_archive USING btree (archive_id);

CREATE OR REPLACE FUNCTION content_terms(subject text, names text, words text, from_line text, to_line text, cc_line text, bcc_line text, files text, attached boolean, places text)
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  terms text[] := string_to_array(btrim(words), ' ') || string_to_array(btrim(subject), ' ') || string_to_array(btrim(names), ' ')
    || string_to_array(btrim(places), ' ');
  line text;
  mark text;
  chars text[];
  pieces text[];
begin
  if subject <> '' then
    terms := terms || string_to_array('/' || replace(btrim(subject), ' ', ' /'), ' ');
  end if;
  if attached then
    terms := terms || '#attachment'::text;
  end if;
  foreach line in array array['<' || from_line, '>' || to_line || ' ' || cc_line || ' ' || bcc_line, '=' || files] loop
    mark := left(line, 1);
    chars := string_to_array(substr(line, 2), null);
    pieces := '{}';
    for i in 1 .. cardinality(chars) loop
      pieces[i] := mark || chars[i] || coalesce(chars[i + 1], '') || coalesce(chars[i + 2], '');
    end loop;
    terms := terms || pieces;
  end loop;
  return array_to_tsvector(terms);
end
$function$
;
