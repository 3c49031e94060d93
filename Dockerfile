# docker build --tag coffeeshop .    What it runs is in Procfile and compose.yaml.

FROM python:3.13-slim AS packages
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home shop \
 && install --directory --owner shop /srv/media
WORKDIR /srv/coffeeshop
COPY --from=packages /venv /venv
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/srv/media ADDRESS=0.0.0.0 PORT=8000
# The key signs nothing that outlives the command, and is not in the image.
RUN SECRET_KEY=$(python -c "import secrets; print(secrets.token_hex(32))") python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q CoffeeShop rest realtime users products promotions cart orders support
USER shop
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "python:CoffeeShop.gunicorn", "--bind", "0.0.0.0:8000", "CoffeeShop.wsgi"]
