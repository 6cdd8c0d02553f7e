"""`guardian broker watch`: the brokers' own statistics and all certificates, for Prometheus."""
