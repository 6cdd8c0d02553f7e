"""InfluxDB through influxdb-client: line protocol in, InfluxQL out, set-up."""
