"""Samples of what enrolment writes, checked in so that a change of the contract shows in a diff.

Write them anew with: python -m broker_config.samples
"""

from pathlib import Path

from broker_config import acl, mosquitto

FOLDER = Path(__file__).parent / "generated"
_INSTANCES = 4


def samples() -> dict[str, str]:
    """Return the files: four instances of each service, and the folder of a Debian broker."""
    services = [f"svc.{role}.{n}" for role in acl.SERVICE_ROLES for n in range(1, _INSTANCES + 1)]
    settings = mosquitto.MosquittoSettings(folder="/etc/mosquitto/guardian", user="mosquitto")
    return {
        mosquitto.TRACKERS_ACL_FILE: acl.trackers_acl(),
        mosquitto.SERVICES_ACL_FILE: acl.services_acl(services),
        mosquitto.CONFIG_FILE: mosquitto.configuration(settings),
    }


if __name__ == "__main__":
    for name, text in samples().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
