# syntax=docker/dockerfile:1
# Two stages: a virtual environment is built in the first and copied into the second, which has no compiler and no pip cache.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
# CPU builds of torch by default; for another platform: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/groat
RUN /opt/groat/bin/pip install --index-url "${TORCH_INDEX}" torch==2.13.0
WORKDIR /src
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY client client
COPY server server
RUN /opt/groat/bin/pip install '.[server,postgres,offline]'

FROM python:${PYTHON}
RUN useradd --system --uid 10001 --create-home groat && install -d -o groat -g groat /data
COPY --from=build /opt/groat /opt/groat
ENV PATH=/opt/groat/bin:$PATH \
    GROAT_ADDRESS=0.0.0.0:50051 \
    GROAT_STORE=sqlite:////data/groat.db \
    GROAT_LOG_FORMAT=json
USER groat
VOLUME /data
EXPOSE 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["groat-server", "health", "--address", "127.0.0.1:50051"]
# The container's network is the boundary here: publish the port to trusted networks only.
ENTRYPOINT ["groat-server"]
CMD ["serve", "--insecure"]
