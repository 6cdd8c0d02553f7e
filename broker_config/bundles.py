"""The folder that a tracker or a service is given: its certificate, its key, whom to trust."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from broker_config.errors import BundleExistsError
from broker_config.files import private_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker_config.authority import Identity

CA_FILE = "ca.crt"
TRACKER_CERT_FILE = "tracker.crt"
TRACKER_KEY_FILE = "tracker.key"
AGENT_FILE = "agent.toml"
SERVICE_CERT_FILE = "service.crt"
SERVICE_KEY_FILE = "service.key"
SHARE_NAME_FILE = "share_name"


def claim(folder: Path) -> None:
    """Make the folder, or take an empty one.

    Raises:
        BundleExistsError: it holds something; no key is ever overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleExistsError(f"{folder} is not empty; choose another folder with --out")
    private_folder(folder)


def discard_unfinished(folder: Path) -> bool:
    """Empty the folder of a service whose key was never written; say whether it is one."""
    if not folder.is_dir() or (folder / SERVICE_KEY_FILE).exists():
        return False
    for name in (CA_FILE, SERVICE_CERT_FILE, SHARE_NAME_FILE):
        (folder / name).unlink(missing_ok=True)
    return True


def tracker_files(
    device: str, certificate: bytes, key: bytes | None, ca: bytes, brokers: "Sequence[str]"
) -> dict[str, bytes]:
    """Return the files of a tracker; without its key when the tracker made it itself."""
    files = {
        CA_FILE: ca,
        TRACKER_CERT_FILE: certificate,
        AGENT_FILE: agent_toml(device, brokers).encode(),
    }
    return files if key is None else {**files, TRACKER_KEY_FILE: key}


def service_files(identity: "Identity", ca: bytes, share_name: str | None) -> dict[str, bytes]:
    """Return the files of a service; the share name for those that share a subscription.

    The key is the last one: a folder without it was never finished.
    """
    shared = {} if share_name is None else {SHARE_NAME_FILE: share_name.encode() + b"\n"}
    return {
        CA_FILE: ca,
        SERVICE_CERT_FILE: identity.issued.certificate,
        **shared,
        SERVICE_KEY_FILE: identity.key,
    }


def write(folder: Path, files: "Mapping[str, bytes]") -> None:
    """Write the files of a bundle into a folder that was claimed."""
    for name, content in files.items():
        write_atomically(folder / name, content)


def agent_toml(device: str, brokers: "Sequence[str]") -> str:
    """Return the agent's settings; the files that it names lie beside it."""
    return f"""\
# Settings of the tracker {device}, for: guardian agent run --config {AGENT_FILE}
# Paths are relative to this file. Every variable of the agent may stand here, in lower case and
# without GUARDIAN_.
device = {_text(device)}
brokers = [{", ".join(map(_text, brokers))}]
ca_file = {_text(CA_FILE)}
cert_file = {_text(TRACKER_CERT_FILE)}
key_file = {_text(TRACKER_KEY_FILE)}

# Where the GPS receiver is: change it to the port of your board.
serial_port = "/dev/ttyUSB0"
"""


def _text(value: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's."""
    return json.dumps(value)
