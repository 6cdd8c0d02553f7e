# Guardian's one image, for every command: `docker run guardian --help`. Built by `make image`, which
# fills build/wheelhouse first: the build asks no index of Python packages.
FROM debian:bookworm-slim AS build
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/guardian
ENV PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY build/wheelhouse/packages /wheelhouse
# The tests of packages and the sources of compiled modules are never run here.
RUN /opt/guardian/bin/pip install --quiet --no-deps /wheelhouse/*.whl \
    && find /opt/guardian -type d -name tests -prune -exec rm -rf {} + \
    && find /opt/guardian -name '*.c' -o -name '*.pyi' -o -name '*.pyx' | xargs rm -f
COPY build/wheelhouse/guardian /wheelhouse
RUN /opt/guardian/bin/pip install --quiet --no-deps /wheelhouse/guardian_safety-*.whl \
    && /opt/guardian/bin/pip check \
    && /opt/guardian/bin/pip uninstall --quiet --yes setuptools pip

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt \
        /usr/share/doc/* /usr/share/man/* /usr/share/locale/* \
    && groupadd --gid 10001 guardian \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /var/lib/guardian \
        --shell /usr/sbin/nologin guardian
# An empty volume takes the owner of the folder that it is mounted over, so each one has its folder.
RUN install -d /etc/guardian /var/lib/guardian \
    && cd /etc/guardian && install -d -m 0700 -o guardian -g guardian \
        pki pki/public pki/broker pki/https pki/services \
        pki/services/svc.ingest.1 pki/services/svc.dispatcher.1 pki/services/svc.tool.1 \
        tokens tokens/ingest tokens/dispatcher tokens/grafana \
    && cd /var/lib/guardian && install -d -m 0700 -o guardian -g guardian \
        ingest dispatcher influxdb prometheus grafana
COPY --from=build /opt/guardian /opt/guardian
ENV PATH=/opt/guardian/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER guardian
WORKDIR /var/lib/guardian
ENTRYPOINT ["guardian"]
CMD ["--help"]
