"""The door to influxdb-client, for set-up and inspection.

Who writes and reads does without: importing it takes 17 MB and a quarter of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from telemetry_store.errors import UnavailableError
from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.faults import fault
from telemetry_store.influx.http import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, trusted


class AdministratorClient(InfluxClient):
    """InfluxClient with all that influxdb-client can do beside it."""

    def __init__(self, url: str, token: str, org: str) -> None:
        super().__init__(url, token, org)
        timeout = (round(CONNECT_TIMEOUT_S * 1000), round(ANSWER_TIMEOUT_S * 1000))
        tls = {"ssl_context": trusted()} if url.startswith("https") else {}
        self.api: Any = InfluxDBClient(url, token=token, org=org, timeout=timeout, **tls)

    def close(self) -> None:
        """Close the connections."""
        super().close()
        self.api.close()


@contextmanager
def faults() -> Iterator[None]:
    """Turn influxdb-client's and urllib3's exceptions into the store's."""
    try:
        yield
    except ApiException as error:
        raise fault(error.status, error.body or "", error.retry_after) from None
    except HTTPError as error:
        raise UnavailableError(f"InfluxDB cannot be reached: {type(error).__name__}") from None
