#!/usr/bin/env bash
# Make the container images of the tests, without a registry of images if none can be reached.
#
#   tools/make-images.sh                makes what is missing; `docker rmi` one to have it renewed
#
#   debian:bookworm-slim                pulled, else made with debootstrap (needs root or sudo, 1 minute)
#   guardian-test/mosquitto:local       Debian's broker, logs to stderr; mount a configuration over
#                                       /mosquitto/config/mosquitto.conf, or get an open one on 1883
#   guardian-test/influxdb:2.7.12       influxd of tools/install-influxdb.sh, not yet set up, on 8086
#
#   tools/make-images.sh --base         debian:bookworm-slim alone
#   tools/make-images.sh --compose      the images that docker-compose.yml names, Grafana's aside: pulled,
#                                       else made from Debian's programs under the official names, with
#                                       the label guardian.stand-in; one that is there is left alone
set -euo pipefail
. "$(dirname "$0")/apt.sh"
images=$(cd "$(dirname "$0")/images" && pwd)

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

pulled() { timeout 120 docker pull --quiet "$1" >/dev/null 2>&1; }

# A mirror of Debian is within reach more often than a registry of images.
make_base() {
    pulled "$1" && return
    command -v debootstrap >/dev/null || apt_install debootstrap debian-archive-keyring
    say "making $1 with debootstrap, about 1 minute"
    local root
    root=$(as_root mktemp -d /var/tmp/bookworm.XXXXXX) # /tmp may be mounted nodev
    # shellcheck disable=SC2064 # the directory is known now
    trap "as_root rm -rf '$root'" EXIT
    quietly "$cache/debootstrap.log" as_root debootstrap --variant=minbase bookworm "$root"
    pack "$root" | docker import --change 'CMD ["bash"]' - "$1" >/dev/null
}

# Leaves out what the slim images of Debian leave out too.
pack() {
    as_root tar -C "$1" -c --exclude='./dev/*' --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' .
}

# The network of the host, because a dockerd started by hand may have no other way out.
build() { docker build --quiet --network host --tag "$1" -; }

make_mosquitto() {
    say "building $1"
    tar -C "$images/mosquitto" -c . | quietly "$cache/image-mosquitto.log" build "$1"
}

make_influxdb() {
    local influxd
    influxd=$("$images/../install-influxdb.sh")
    say "building $1"
    tar -c -C "$images/influxdb" Dockerfile -C "$(dirname "$influxd")" influxd |
        quietly "$cache/image-influxdb.log" build "$1"
}

# The image of each official name in docker-compose.yml: make_stand_in NAME:VERSION DIRECTORY [FILE]
make_stand_in() {
    say "building a stand-in for $1"
    tar -c -C "$images/$2" Dockerfile ${3:+-C "$(dirname "$3")" "$(basename "$3")"} |
        quietly "$cache/image-$2.log" build "$1"
}

# The names that docker-compose.yml gives, with their versions.
official_images() {
    sed -n 's/^ *image: \([a-z/-]*:v\?[0-9.]*\)$/\1/p' "$images/../../docker-compose.yml"
}

make_official() {
    case $1 in grafana/grafana:*) return ;; esac # the tests leave it out
    has_image "$1" || pulled "$1" && return
    case $1 in
        eclipse-mosquitto:*) make_stand_in "$1" eclipse-mosquitto ;;
        influxdb:*) make_stand_in "$1" influxdb-official "$("$images/../install-influxdb.sh")" ;;
        prom/prometheus:*) make_stand_in "$1" prometheus ;;
        *) fail "no stand-in for $1" ;;
    esac
}

make_all() {
    has_image guardian-test/mosquitto:local || make_mosquitto guardian-test/mosquitto:local
    has_image guardian-test/influxdb:2.7.12 || make_influxdb guardian-test/influxdb:2.7.12
}

make_compose() {
    local image
    for image in $(official_images); do make_official "$image"; done
}

docker info >/dev/null 2>&1 ||
    fail "no Docker engine answers $(id -un): run tools/start-docker.sh, or use sudo, or join the group docker"
mkdir -p "$cache"
has_image debian:bookworm-slim || make_base debian:bookworm-slim
case ${1:-} in
    '') make_all ;;
    --base) ;;
    --compose) make_compose ;;
    *) fail "usage: tools/make-images.sh [--base | --compose]" ;;
esac
