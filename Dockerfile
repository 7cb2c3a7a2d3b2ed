# syntax=docker/dockerfile:1
# Two images from one file:  docker build --target server .   docker build --target edge .
# bookworm, because bb's native binary needs glibc.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
# Every workspace's manifest: `npm ci` compares them all with the lock file.
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/
COPY circuits/package.json circuits/
COPY db/package.json db/
COPY edge/package.json edge/
COPY server/package.json server/
COPY client-sdk/package.json client-sdk/
COPY cli/package.json cli/
COPY dashboard/package.json dashboard/
COPY test/package.json test/
COPY bench/package.json bench/

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY tsconfig.base.json ./
COPY protocol protocol
COPY circuits circuits
COPY db db
COPY edge edge
COPY server server
RUN npx tsc -b server edge/node

# The page, with the SDK's bundle that it runs.
FROM build AS page
COPY client-sdk client-sdk
COPY dashboard dashboard
RUN npx tsc -b dashboard && node dashboard/scripts/build-if-changed.mjs

# No package here needs its install script at run time, so none is run.
FROM manifests AS server-dependencies
RUN npm ci --ignore-scripts --omit=dev --workspace=@vaultproof/server --include-workspace-root=false \
 && rm -rf node_modules/@aztec/bb.js/build/*-macos node_modules/@aztec/bb.js/build/*/aztec-wsdb

FROM manifests AS edge-dependencies
RUN npm ci --ignore-scripts --omit=dev --workspace=@vaultproof/edge --include-workspace-root=false

FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
# Who may run a program and not read it gets a process that leaves no core dump and whose memory and environment no other
# process of the same user can read.
RUN chmod 0711 /usr/local/bin/node
# The file system may be read-only: nothing is written but /tmp (the socket to the verifier processes).
USER node
STOPSIGNAL SIGTERM

FROM runtime AS server
COPY --from=server-dependencies /app ./
COPY --from=build /app/protocol/dist protocol/dist
COPY --from=build /app/circuits/dist circuits/dist
COPY --from=build /app/circuits/artifacts circuits/artifacts
COPY --from=build /app/db/dist db/dist
COPY --from=build /app/db/migrations db/migrations
COPY --from=build /app/server/dist server/dist
ENV SERVER_HOST=0.0.0.0
EXPOSE 8788
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPS_PORT || 8789}/ready`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-proto=delete", "server/dist/main.js"]

FROM runtime AS edge
COPY --from=edge-dependencies /app ./
COPY --from=build /app/protocol/dist protocol/dist
COPY --from=build /app/edge/dist edge/dist
COPY --from=page /app/dashboard/dist/page dashboard/dist/page
ENV EDGE_HOST=0.0.0.0
ENV DASHBOARD_DIR=/app/dashboard/dist/page
EXPOSE 8787
# /health answers 200 only after a signed round trip to the backend.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.EDGE_PORT || 8787}/health`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-proto=delete", "edge/dist/node/main.js"]
