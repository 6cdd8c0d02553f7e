#!/usr/bin/env bash
# Fetch HiveMQ CE, a second MQTT 5 broker that the tests are run against, and compile its launcher.
#
#   tools/install-hivemq.sh        prints the folder of its class path, makes it first if it is not there
#
# The folder is ${GUARDIAN_CACHE:-$HOME/.cache/guardian}/hivemq-VERSION: 100 MB from Maven Central, some
# 20 seconds; a second run takes no time. Needs a JDK 17 or later and Maven, and root or sudo for apt
# where they are missing.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

version=2025.5
home=$cache/hivemq-$version
launcher=$(cd "$(dirname "$0")/.." && pwd)/tests/services/HiveMq.java

is_installed() { [ "$home/HiveMq.class" -nt "$launcher" ]; }

project() {
    cat <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>guardian</groupId><artifactId>hivemq</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>com.hivemq</groupId><artifactId>hivemq-community-edition-embedded</artifactId><version>$version</version>
  </dependency></dependencies>
</project>
XML
}

fetch() {
    mkdir -p "$home"
    project >"$home/pom.xml"
    mvn --batch-mode --quiet --file "$home/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$home/lib"
}

if ! is_installed; then
    for tool in javac:default-jdk-headless mvn:maven; do
        command -v "${tool%%:*}" >/dev/null || apt_install "${tool#*:}"
    done
    [ -e "$home/lib/hivemq-community-edition-embedded-$version.jar" ] || quietly "$cache/hivemq.log" fetch
    quietly "$cache/hivemq.log" javac -cp "$home/lib/*" -d "$home" "$launcher"
fi
echo "$home"
