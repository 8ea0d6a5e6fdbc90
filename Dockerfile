# One image for both ways. As it is: one process, SQLite in a volume; compose.yaml has the
# grown way. It runs with a read-only root: what changes lies in the volume and in /tmp.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /engawa engawa
WORKDIR /engawa
COPY --from=packages /venv /venv
COPY app app
COPY templates templates
COPY static static
COPY translations translations
COPY migrations migrations
COPY wsgi.py gunicorn.conf.py ./
# A volume takes its owner from the folder it is put over.
RUN mkdir -p instance/exports && chown -R engawa: instance
USER 10001
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    FLASK_APP=wsgi BIND=0.0.0.0:8000
VOLUME /engawa/instance
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# The worker beside it may be killed at any moment without losing anything; it is started again.
CMD ["sh", "-c", "flask db upgrade && { while :; do flask worker; sleep 1; done & exec gunicorn wsgi:app; }"]
