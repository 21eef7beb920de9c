// docker-compose.yml and the Dockerfile, as far as they can be held without a Docker engine: the shape of the file, the paths it mounts,
// and the promises in its comments (profiles, no root, the database waited for).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly container_name?: string;
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, "../..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const { services, volumes } = parse(text("docker-compose.yml")) as Compose;

test("everything mounted exists: a file of the repository or a declared volume", () => {
  const sources = Object.values(services).flatMap((service) =>
    (service.volumes ?? []).map((mount) => mount.split(":")[0]!),
  );
  expect(sources.length).toBeGreaterThan(3);
  for (const source of sources.filter((path) => path !== "./out"))
    expect(source.startsWith("./") ? existsSync(join(root, source)) : source in volumes, source).toBe(true);
});

test("plain `up` starts Postgres alone, and the command line waits until it answers", () => {
  expect(Object.keys(services).filter((name) => services[name]?.profiles === undefined)).toEqual(["postgres"]);
  expect(services.postgres?.image).toMatch(/^postgres:18/);
  expect(services.postgres?.healthcheck?.test.join(" ")).toContain("pg_isready");
  expect(services.packetboat?.depends_on?.postgres?.condition).toBe("service_healthy");
  expect(services.dovecot?.profiles).toEqual(["demo"]);
});

test("no port is open beyond this machine", () => {
  for (const port of Object.values(services).flatMap((service) => service.ports ?? []))
    expect(port).toMatch(/^127\.0\.0\.1:/);
});

test("the image does not run as root and has the pnpm that the checkout uses", () => {
  const stages = text("Dockerfile")
    .split(/^FROM /m)
    .slice(1);
  expect(stages).toHaveLength(2);
  expect(stages.at(-1)).toMatch(/^USER node$/m);
  const pnpm = /pnpm@[\d.]+/;
  const { packageManager } = JSON.parse(text("package.json")) as { packageManager: string };
  expect(pnpm.exec(text("Dockerfile"))?.[0]).toBe(packageManager);
  expect(pnpm.exec(text("tools/setup.sh"))?.[0]).toBe(packageManager);
});

test("workers can be many, come back by themselves, and say whether they live", () => {
  const { worker } = services;
  expect(worker).toMatchObject({ restart: "unless-stopped", command: ["worker", "--metrics-port", "9464"] });
  expect(worker?.container_name ?? worker?.ports).toBeUndefined();
  expect(worker?.depends_on?.postgres?.condition).toBe("service_healthy");
  expect(worker?.healthcheck?.test.join(" ")).toContain("127.0.0.1:9464/healthz");
  expect(worker?.environment?.PACKETBOAT_DATABASE_URL).toBe(services.packetboat?.environment?.PACKETBOAT_DATABASE_URL);
  const key = parse(text("docker/key.yml")) as Compose & { readonly secrets: Readonly<Record<string, unknown>> };
  expect(key.services.worker?.secrets).toEqual(Object.keys(key.secrets));
  expect(key.services.worker?.environment?.PACKETBOAT_KEY_FILE).toBe(`/run/secrets/${Object.keys(key.secrets)[0]}`);
});

test("the page is served to a proxy on this machine, under its own https address", () => {
  const { restore } = services;
  expect(restore).toMatchObject({ restart: "unless-stopped", profiles: ["web"], ports: ["127.0.0.1:8420:8420"] });
  expect(restore?.command).toEqual(expect.arrayContaining(["web", "--url"]));
  expect(restore?.command?.at(-1)).toMatch(/^\$\{PACKETBOAT_WEB_URL:-https:/);
  expect(restore?.volumes).toEqual(services.worker?.volumes);
});

test("the systemd units call commands that they share with the image, and are nobody's root", () => {
  const unit = (name: string) => text(`deploy/systemd/${name}`);
  expect(unit("packetboat-worker.service")).toContain(`packetboat ${services.worker?.command?.join(" ")}\n`);
  expect(unit("packetboat-sync.service")).toMatch(/^ExecStart=\/opt\/packetboat\/packetboat sync --quiet$/m);
  expect(unit("packetboat-web.service")).toMatch(/^ExecStart=\/opt\/packetboat\/packetboat web --url https:/m);
  for (const name of ["packetboat-worker.service", "packetboat-sync.service", "packetboat-web.service"])
    for (const line of ["User=packetboat", "ProtectSystem=strict", "NoNewPrivileges=yes", "StateDirectory=packetboat"])
      expect(unit(name).split("\n"), name).toContain(line);
  expect(unit("packetboat-sync.timer")).toMatch(/^OnCalendar=/m);
});
