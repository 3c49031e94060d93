#!/usr/bin/env bash
# A rolling upgrade of the version that is checked out: migrations first, then `web`, then the others.
# Back: COFFEESHOP_VERSION=… of the old image, `MIGRATE=no deploy/compose/upgrade.sh`.
set -euo pipefail
cd "$(dirname "$0")/../.."

docker compose build
if [ "${MIGRATE:-yes}" != no ]; then
    docker compose run --rm --no-deps release
fi
docker compose up --detach --no-deps --no-build --wait web
docker compose up --detach --no-deps --no-build --wait ws
docker compose up --detach --no-deps --no-build worker beat proxy
