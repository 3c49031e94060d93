#!/usr/bin/env bash
# A rolling upgrade to the version that is checked out: migrations first, then new `web` and `ws` beside the old ones,
# which stop when the new ones are healthy. Back: check out the old version, `MIGRATE=no deploy/compose/upgrade.sh`.
set -euo pipefail
cd "$(dirname "$0")/../.."

containers() {
    docker compose ps --all --quiet "$1" | sort
}

remove() {
    [ $# = 0 ] && return
    docker stop --time 30 "$@" >/dev/null
    docker rm "$@" >/dev/null
}

roll() { # as many new ones as there are old ones
    local old count
    mapfile -t old < <(containers "$1")
    count=$((${#old[@]} ? 2 * ${#old[@]} : 1))
    if ! docker compose up --detach --no-deps --no-build --no-recreate --wait --scale "$1=$count" "$1"; then
        mapfile -t new < <(containers "$1" | comm -13 <(printf '%s\n' "${old[@]}") -)
        remove "${new[@]}"
        echo "The new $1 is not healthy and was removed; the old one runs on." >&2
        exit 1
    fi
    sleep 3 # the proxy looks every 2 s who there is
    remove "${old[@]}"
}

docker compose build
if [ "${MIGRATE:-yes}" != no ]; then
    docker compose run --rm --no-deps release
fi
roll web
roll ws
docker compose up --detach --no-deps --no-build worker beat proxy
