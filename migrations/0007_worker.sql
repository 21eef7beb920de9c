-- Unattended work: schedules, what accounts used of a day, what stopped them, sign-ins that renew themselves. Made by drizzle-kit from
-- packages/archive/src/schema-worker.ts.
CREATE TABLE "account_hold" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"detail" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone
);

CREATE TABLE "schedule" (
	"link_id" bigint PRIMARY KEY NOT NULL,
	"cron" text,
	"time_zone" text NOT NULL,
	"spread_seconds" integer DEFAULT 0 NOT NULL,
	"watch" boolean DEFAULT false NOT NULL,
	"next_at" timestamp with time zone
);

CREATE TABLE "sign_in" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"provider" jsonb NOT NULL,
	"sealed" bytea NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"renewed_at" timestamp with time zone NOT NULL
);

CREATE TABLE "throttle" (
	"account_id" bigint NOT NULL,
	"day" date NOT NULL,
	"bytes_down" bigint DEFAULT 0 NOT NULL,
	"bytes_up" bigint DEFAULT 0 NOT NULL,
	"commands" bigint DEFAULT 0 NOT NULL,
	"waited_ms" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "throttle_pkey" PRIMARY KEY("account_id","day")
);

ALTER TABLE "account_hold" ADD CONSTRAINT "account_hold_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "link"("id") ON DELETE cascade;
ALTER TABLE "sign_in" ADD CONSTRAINT "sign_in_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
ALTER TABLE "throttle" ADD CONSTRAINT "throttle_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
CREATE INDEX "schedule_next" ON "schedule" ("next_at") WHERE next_at is not null;