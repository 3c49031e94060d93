#!/usr/bin/env bash
# A rolling upgrade of the version that is checked out: migrations first, then new `web` and `ws` beside the old ones,
# which stop when the new ones are healthy. Set COFFEESHOP_VERSION to a new tag.
# Back: COFFEESHOP_VERSION=… of the old image, `MIGRATE=no deploy/compose/upgrade.sh`.
set -euo pipefail
cd "$(dirname "$0")/../.."

roll() {
    local old
    mapfile -t old < <(docker compose ps --quiet "$1")
    docker compose up --detach --no-deps --no-build --no-recreate --wait --scale "$1=$((2 * ${#old[@]}))" "$1"
    sleep 3 # the proxy looks every 2 s who there is
    docker stop "${old[@]}" >/dev/null
    docker rm "${old[@]}" >/dev/null
}

docker compose build
if [ "${MIGRATE:-yes}" != no ]; then
    docker compose run --rm --no-deps release
fi
roll web
roll ws
docker compose up --detach --no-deps --no-build --no-recreate proxy
docker compose up --detach --no-deps --no-build worker beat
