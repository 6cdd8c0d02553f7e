#!/bin/sh
# Write .env, the settings and secrets of docker-compose.yml, or add to it what is missing.
#
#   tools/make-env.sh [FILE]        a line that is there is never changed; the file is for its owner alone
#
# Secrets are random, 192 bits each. The host is this machine's name: look at it before the first start.
set -eu
umask 077
[ $# -gt 0 ] || cd "$(dirname "$0")/.."
file=${1:-.env}

random() { od -A n -t x1 -N 24 /dev/urandom | tr -d ' \n'; }

# missing NAME: whether no line sets it.
missing() { ! grep -q "^$1=" "$file"; }

# add NAME VALUE COMMENT
add() {
    if missing "$1"; then
        printf '# %s\n%s=%s\n' "$3" "$1" "$2" >>"$file"
        added="$added $1"
    fi
}

added=
[ -e "$file" ] || : >"$file"
chmod 600 "$file"
if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi

add GUARDIAN_HOST "$(hostname -f 2>/dev/null || uname -n)" \
    "The name or address under which trackers reach the broker, and browsers the console."
add GUARDIAN_MORE_HOSTS '' "More of them, with spaces between."
add GUARDIAN_TRACKERS_PORT 8883 "Where trackers connect. It stands in their settings: choose it before the first one."
add GUARDIAN_CONSOLE_PORT 8443 "Where the console and the API answer."
add FIRST_USER operator "Who may log in at the console first; the password counts at the first start only."
add FIRST_PASSWORD "$(random)" "Change it there: docker compose run --rm admin dispatcher user password operator"
add GRAFANA_ADMIN_PASSWORD "$(random)" "Of Grafana's user admin; counts at the first start only."
add GRAFANA_SECRET_KEY "$(random)" "With it Grafana encrypts its database: never change it."

if [ -n "$added" ]; then
    echo "$file: added$added"
else
    echo "$file: nothing was missing"
fi
