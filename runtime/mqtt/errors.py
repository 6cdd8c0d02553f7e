"""Every error of the MQTT door, the whole tree in one place."""

from contract.errors import PermanentError, TransientError


class NotConnectedError(TransientError):
    """There is no connection to a broker; repeat after `on_up`."""


class TooManyInFlightError(TransientError):
    """The broker takes no more unacknowledged messages; repeat after an `on_puback`."""


class TooLargeError(PermanentError):
    """The message is larger than the broker takes."""


class BrokerAddressError(PermanentError):
    """A broker's address is not of the form mqtt://host:port or mqtts://host:port."""


class TlsFilesError(PermanentError):
    """A file with a certificate or a key cannot be used."""


class AttemptError(TransientError):
    """An attempt to connect has failed; the message says why."""


class AttemptTimeoutError(AttemptError):
    """An attempt to connect took longer than its limit."""


class AttemptInterruptedError(AttemptError):
    """An attempt to connect was given up, by `Link.drop` or `Link.stop`."""
