# Porchlight in a container: built in one stage, run from another that holds nothing but Python and the program.
# compose.yaml says how it is run.

FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY bot bot
COPY core core
COPY migrations migrations
RUN python -m venv /app \
    && /app/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary xllamacpp '.[embedded]'

FROM python:3.13-slim-trixie
COPY --from=build /app /app
# Whoever breaks in is nobody on the machine outside, and finds nothing here to write to but /data.
RUN install --directory --owner 10001 --group 10001 --mode 0700 /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV DATA_DIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --retries=3 \
    CMD ["/app/bin/python", "-m", "bot.health", "/data"]
ENTRYPOINT ["/app/bin/porchlight"]
