# Packetboat's command line and its worker as an image, not run as root. The database is another container (docker-compose.yml):
# the binaries of the embedded one are optional dependencies and are left out.
FROM node:24-bookworm-slim AS build
WORKDIR /app
RUN npm install --global pnpm@12.21.0
COPY . .
# The page is built here: what builds it is not part of the image.
RUN pnpm install --frozen-lockfile && node apps/restore/page/build.ts \
  && find . -name node_modules -type d -prune -exec rm -rf {} + && pnpm install --frozen-lockfile --prod --no-optional
# Everything is set up: the command runs the sources as they lie, and installs nothing. The flags are those of ./packetboat.
RUN printf '%s\n' '#!/bin/sh' \
  'exec node --max-semi-space-size=4 --initial-old-space-size=128 --no-parallel-scavenge /app/apps/worker/src/main.ts "$@"' > packetboat \
  && chmod 755 packetboat

FROM node:24-bookworm-slim
ENV NODE_ENV=production PACKETBOAT_HOME=/data
COPY --from=build /app /app
RUN install -d -o node -g node -m 0700 /data && ln -s /app/packetboat /usr/local/bin/packetboat
VOLUME /data
WORKDIR /data
USER node
# Of the worker: /metrics, /healthz, /readyz. Without --metrics-port nothing listens.
EXPOSE 9464
# Docker asks politely once; the batch in hand is finished.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/packetboat"]
CMD ["--help"]
