#!/usr/bin/env bash
# A rolling upgrade of the version that is checked out in /srv/coffeeshop: migrations first, then one process after the
# other, each when the one before it answers. Back: check out the old version, `MIGRATE=no deploy/systemd/upgrade.sh`.
set -euo pipefail
cd "$(dirname "$0")/../.."

manage() { # with the settings of the shop, as USER
    systemd-run --quiet --pipe --wait --collect --property=User="$1" --property=WorkingDirectory="$PWD" \
        --property=EnvironmentFile=/etc/coffeeshop.env .venv/bin/python manage.py "${@:2}"
}

answers() {
    for _ in {1..60}; do
        curl --silent --fail --output /dev/null --max-time 2 "http://127.0.0.1:$1/readyz" && return
        sleep 1
    done
    echo "Port $1 does not answer; the processes that follow still run the old version." >&2
    exit 1
}

.venv/bin/pip install --quiet --require-hashes --requirement requirements.txt
manage root collectstatic --noinput --verbosity 0
[ "${MIGRATE:-yes}" = no ] || manage coffeeshop migrate --noinput
for unit in $(systemctl list-units --plain --no-legend 'coffeeshop-web@*' 'coffeeshop-ws@*' | cut -d' ' -f1); do
    systemctl restart "$unit"
    port=${unit#*@}
    answers "${port%.service}"
    sleep 6 # the proxy sends a process that refused nothing for 5 s, and would have nobody left
done
systemctl restart coffeeshop-mail
