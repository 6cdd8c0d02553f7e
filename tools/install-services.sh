#!/usr/bin/env bash
# Install and start everything that the tests with real services need. Safe to run again.
#
#   tools/install-services.sh                      all, in this order:
#                                                  mosquitto hivemq postgres influxdb prometheus chromium systemd faults
#                                                  docker images compose
#   tools/install-services.sh --only NAME...       those alone
#
# About 12 minutes from nothing, most of it InfluxDB's build; a second or two when all is there.
# Needs root or sudo on Debian 12, 13 or Ubuntu 24.04.
set -euo pipefail
tools=$(cd "$(dirname "$0")" && pwd)

install() {
    case $1 in
        mosquitto | hivemq | postgres | influxdb | prometheus | chromium | systemd | faults) "$tools/install-$1.sh" ;;
        docker) "$tools/start-docker.sh" ;;
        images) "$tools/make-images.sh" ;;
        compose) "$tools/install-compose.sh" && "$tools/make-images.sh" --compose ;;
        *)
            echo "install-services: no service $1; there are: mosquitto hivemq postgres influxdb prometheus chromium systemd faults docker images compose" >&2
            exit 2
            ;;
    esac
}

case ${1:-} in
    '') set -- mosquitto hivemq postgres influxdb prometheus chromium systemd faults docker images compose ;;
    --only) shift ;;
    *)
        echo "usage: tools/install-services.sh [--only NAME...]" >&2
        exit 2
        ;;
esac
for name; do
    install "$name" >/dev/null
done
