# Porchlight in a container: built in one stage, run from another that holds nothing but Python and the program.
# compose.yaml says how it is run.

FROM python:3.13-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# What the program needs comes first and by itself: as long as that stays the same, an update takes seconds.
COPY pyproject.toml ./
RUN python -c 'import tomllib; it = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
        print(*it["dependencies"], sep="\n", file=open("needs.txt", "w")); \
        print(*it["optional-dependencies"]["embedded"], sep="\n", file=open("engine.txt", "w"))' \
    && python -m venv /app \
    && /app/bin/pip install -r needs.txt
# Where there is no ready-made engine for this machine, the program goes on without the built-in model.
RUN /app/bin/pip install --only-binary :all: -r engine.txt \
    || echo "There is no built-in model for this kind of machine; everything else works."
COPY README.md LICENSE ./
COPY adapters adapters
COPY bot bot
COPY core core
COPY migrations migrations
RUN /app/bin/pip install --no-deps .

FROM python:3.13-slim-trixie
COPY --from=build /app /app
# Whoever breaks in is nobody on the machine outside, and finds nothing here to write to but /data.
RUN install --directory --owner 10001 --group 10001 --mode 0700 /data
USER 10001:10001
# Here set-up writes its .env, and from here it is read.
WORKDIR /data
VOLUME /data
# PYTHONSAFEPATH: what lies in /data is never taken for a part of the program.
ENV PATH=/app/bin:$PATH \
    DATA_DIR=/data \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --retries=3 \
    CMD ["/app/bin/python", "-m", "bot.health", "/data"]
ENTRYPOINT ["/app/bin/porchlight"]
