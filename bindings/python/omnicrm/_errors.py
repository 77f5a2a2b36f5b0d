"""The exceptions of package omnicrm: one class a code, each also the built-in that one would expect."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

__all__ = [
    "AlreadyExists",
    "Cancelled",
    "Conflict",
    "DataLoss",
    "DeadlineExceeded",
    "Error",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "NotFound",
    "PermissionDenied",
    "ResourceExhausted",
    "Snooze",
    "Unavailable",
    "Unsupported",
]


class Error(Exception):
    """A call failed. Raise a subclass from a job handler, a source or a normalizer to choose the code.

    code        the code's name, as in JSON, C and C++: "not_found"
    message     one sentence for a person
    details     the same facts for a program: {"field": "email"}
    retryable   the same call may succeed later without a change
    needs_user  only the user can mend it
    """

    code: str = "internal"
    message: str
    details: dict[str, Any]
    retryable: bool
    needs_user: bool

    def __init__(
        self,
        message: str = "",
        *,
        details: Mapping[str, Any] | None = None,
        retryable: bool = False,
        needs_user: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = str(message)  # an exception given as the message, say
        self.details = dict(details or {})
        self.retryable = retryable
        self.needs_user = needs_user

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return make_error, (self.code, self.message, self.details, self.retryable, self.needs_user)


class InvalidArgument(Error, ValueError):
    """The caller's input is wrong; `details["field"]` names what."""

    code = "invalid_argument"


class NotFound(Error, LookupError):
    """No such record for this user."""

    code = "not_found"


class AlreadyExists(Error, ValueError):
    """A unique value is taken."""

    code = "already_exists"


class Conflict(Error, RuntimeError):
    """The record changed since the caller read it."""

    code = "conflict"


class FailedPrecondition(Error, RuntimeError):
    """The right call in the wrong state: a plan that is approved, a CRM that is closed."""

    code = "failed_precondition"


class PermissionDenied(Error, PermissionError):
    """The operating system or a scope forbids it."""

    code = "permission_denied"


class ResourceExhausted(Error, RuntimeError):
    """Disk full, size cap, quota."""

    code = "resource_exhausted"


class Cancelled(Error, RuntimeError):
    """A stop was requested."""

    code = "cancelled"


class DeadlineExceeded(Error, TimeoutError):
    """The time given ran out."""

    code = "deadline_exceeded"


class Unavailable(Error, ConnectionError):
    """Storage or a server does not answer now; try again."""

    code = "unavailable"


class DataLoss(Error, RuntimeError):
    """Stored data is damaged or is not OmniCRM's."""

    code = "data_loss"


class Unsupported(Error, NotImplementedError):
    """This build or this storage cannot do that."""

    code = "unsupported"


class Internal(Error, RuntimeError):
    """A bug, in OmniCRM or in a callback; `__cause__` is the callback's exception."""

    code = "internal"


class Snooze(Exception):
    """Raised (or returned) by a job handler: run the job again after `seconds`; it costs no attempt."""

    seconds: float

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


_BY_CODE: dict[str, type[Error]] = {
    each.code: each
    for each in (
        InvalidArgument,
        NotFound,
        AlreadyExists,
        Conflict,
        FailedPrecondition,
        PermissionDenied,
        ResourceExhausted,
        Cancelled,
        DeadlineExceeded,
        Unavailable,
        DataLoss,
        Unsupported,
        Internal,
    )
}


def make_error(
    code: str, message: str, details: Mapping[str, Any], retryable: bool, needs_user: bool
) -> Error:
    """The exception for a code."""
    return _BY_CODE.get(code, Internal)(
        message, details=details, retryable=retryable, needs_user=needs_user
    )


def describe_exception(thrown: BaseException) -> dict[str, Any]:
    """What a failed job keeps of an exception: where it came from, no values."""
    frames = traceback.extract_tb(thrown.__traceback__)[-8:]
    return {
        "exception": type(thrown).__qualname__,
        "traceback": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
