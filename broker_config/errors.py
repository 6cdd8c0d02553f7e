"""Every reason why enrolment refuses."""

from contract.errors import PermanentError


class EnrolmentError(PermanentError):
    """Enrolment cannot do what was asked."""


class NotInitializedError(EnrolmentError):
    """The folder is no PKI of Guardian's; `guardian enroll init` makes one."""


class AlreadyEnrolledError(EnrolmentError):
    """The name has a valid certificate; `guardian enroll renew` gives it a new one."""


class RevokedNameError(EnrolmentError):
    """The name was revoked; enrolling it again needs a word of its own."""


class UnknownNameError(EnrolmentError):
    """Nobody was ever enrolled under this name."""


class BadRequestError(EnrolmentError):
    """The certificate request proves nothing, or its key is too weak."""


class BundleExistsError(EnrolmentError):
    """The folder for the bundle holds files already; enrolment overwrites no key."""
