"""Settings of the canary."""

from dataclasses import dataclass

from standardwebhooks import Webhook

from contract.ids import is_canary, parse_device
from contract.limits import REALERT_S
from runtime.settings import BrokerSettings, LogSettings, MetricsSettings, setting
from runtime.settings.bind import split_bind


def _device(text: str) -> None:
    parse_device(text)
    if not is_canary(text):
        raise ValueError("expected an id that begins with canary-")


def _secret(text: str) -> None:
    try:
        Webhook(text)
    except (ValueError, RuntimeError):
        text = ""
    if not text.startswith("whsec_"):
        raise ValueError("expected whsec_ and base64")


@dataclass(frozen=True, kw_only=True)
class CanarySettings(BrokerSettings, LogSettings, MetricsSettings):
    """What the canary needs to know; its brokers are visited one after the other."""

    device: str = setting(
        "GUARDIAN_DEVICE", default="canary-1", check=_device, help="its id, as it is enrolled"
    )
    canary_listen: str = setting(
        "GUARDIAN_CANARY_LISTEN",
        default="127.0.0.1:9480",
        check=split_bind,
        help="host:port where the dispatcher's webhook for canaries arrives",
    )
    canary_secret: str = setting(
        "GUARDIAN_CANARY_SECRET",
        secret=True,
        check=_secret,
        help="whsec_..., the secret of that webhook",
    )
    canary_period_s: int = setting(
        "GUARDIAN_CANARY_PERIOD_S",
        default=60,
        minimum=int(REALERT_S) + 5,
        maximum=3600,
        help="seconds between two presses; a press too soon after another does not alert anew",
    )
