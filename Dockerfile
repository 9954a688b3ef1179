# The registry as an image: `docker run -p 5000:5000 -v berth:/data berth`. It keeps accounts unless BERTH_AUTH_MODE says
# otherwise; the first start prints the password of the user admin, for `docker logs`.
#
# Two stages, so that compilers and development packages stay out. Written for the old builder and for BuildKit alike.
#   BUILD_IMAGE           Node with npm, python3, make and g++; its libc must be the one of BASE_IMAGE
#   BASE_IMAGE            what the result stands on; Node is all it needs, a shell is not
#   NPM_CONFIG_REGISTRY   another package registry
#   NPM_CONFIG_NODEDIR    where Node's headers are (such as /usr), to compile better-sqlite3 without downloading them
ARG BUILD_IMAGE=node:20-bookworm
ARG BASE_IMAGE=node:20-bookworm-slim

FROM ${BUILD_IMAGE} AS build
ARG NPM_CONFIG_REGISTRY
ARG NPM_CONFIG_NODEDIR
WORKDIR /berth
COPY .config/ready.js .config/
COPY package.json package-lock.json ./
RUN node .config/ready.js install
COPY .config/rolldown.config.js .config/
COPY tsconfig.json ./
COPY storage storage
COPY auth auth
COPY src src
COPY conformance conformance
RUN node .config/ready.js build && npm prune --omit=dev --no-audit --no-fund && mkdir /data

FROM ${BASE_IMAGE}
ENV NODE_ENV=production BERTH_HTTP_LISTEN=0.0.0.0:5000 BERTH_DATA=/data
WORKDIR /berth
COPY --from=build /berth/package.json ./
COPY --from=build /berth/node_modules node_modules
COPY --from=build /berth/dist dist
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 5000
# Over HTTPS when http.tls is set, whatever name its certificate is for.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; const ask = (scheme) => fetch(`${scheme}://127.0.0.1:${process.env.BERTH_HTTP_LISTEN.replace(/.*:/, '')}/livez`).then((answer) => answer.ok || Promise.reject()); ask(process.env.BERTH_HTTP_TLS_CERT ? 'https' : 'http').catch(() => ask('https')).then(() => process.exit(0), () => process.exit(1))"]
ENTRYPOINT ["node", "/berth/dist/src/main.js"]
CMD ["serve"]
