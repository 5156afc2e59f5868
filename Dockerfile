# One image for web, workers, scheduler and migrations; the command decides which.
FROM python:3.11-slim-bookworm AS build
# An index with CPU builds of torch, where the default one would bring several GB of GPU files.
ARG TORCH_INDEX=""
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt .
RUN pip install "$(grep '^torch==' requirements.txt)" ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
 && pip install -r requirements.txt

FROM python:3.11-slim-bookworm
# libgomp: OpenMP runtime of the numeric wheels; tini reaps and forwards signals.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin terminal \
 && install -d -o terminal -g terminal /app /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY app.py ./
COPY terminal ./terminal
COPY workers ./workers
COPY pages ./pages
COPY assets ./assets
COPY config ./config
COPY migrations ./migrations
ARG CODE_VERSION=""
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_WAIT_POLICY=PASSIVE \
    NUMBA_CACHE_DIR=/app/.numba \
    ATT_CODE_VERSION=$CODE_VERSION \
    ATT_STORAGE__DATA_DIR=/data
# Compiled here: the first backtest must not wait for a compiler.
RUN install -d -o terminal -g terminal /app/.numba
USER terminal
RUN python -m terminal.backtest.compile_all
VOLUME /data
EXPOSE 8050
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "workers.web"]
