"""Everything that msgframe can refuse, drawn as a tree.

    MsgframeError
    ├── UsageError                wrong use: mend the call                            exit 2
    │   ├── ColumnsError        a frame without a column that a verb needs, or with one too many
    │   ├── TemplateError       a template that cannot be compiled
    │   └── SettingsError       a setting that is missing or contradicts another
    ├── DataError               the data stops the street: mend the data            exit 1
    │   ├── SheetError          a file that cannot be read as a table
    │   ├── TooManyRejected     more bad rows than the threshold allows
    │   ├── TooCostly           more segments or money than a guard allows
    │   └── InvariantError     a sum that must hold does not
    ├── JournalError            the journal cannot be written, or disagrees          exit 3
    │   ├── JournalLocked       another process works on the same campaign
    │   └── PlanChanged         the campaign in the journal has another plan         exit 2
    └── ApiError                the vendor refused, or could not be asked            exit 3
        ├── NotSent             the request certainly never left: try again
        │   └── Throttled       asked to slow down: try again after `retry_after` seconds
        ├── AuthFailed          id, password or token are wrong: do not try again
        ├── Rejected            the request is wrong: do not try again
        │   └── InsufficientCredit   no money: stop the campaign
        └── OutcomeUnknown      the texts may be out: never repeat by itself

The class tells whether trying again can help; the attributes carry the facts.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MsgframeError(Exception):
    """The root: whatever msgframe raises on purpose."""

    #: What the command line exits with: 1 problems in the data, 2 wrong use, 3 a failure outside.
    exit_code: ClassVar[int] = 3


class UsageError(MsgframeError):
    """Wrong use: the call must be mended, the data may be fine."""

    exit_code = 2


class ColumnsError(UsageError):
    """A frame lacks a column that a verb needs, or has one that the verb would overwrite."""


class TemplateError(UsageError):
    """A template that cannot be compiled, with the place where it breaks."""


class SettingsError(UsageError):
    """A setting that is missing, malformed, or contradicts another."""


class DataError(MsgframeError):
    """The data stops the street: nothing was sent, and the sheet must be mended."""

    exit_code = 1


class SheetError(DataError):
    """A file that cannot be read as a table of recipients."""


class TooManyRejected(DataError):
    """More rows were rejected than the threshold allows.

    Attributes
    ----------
    checked
        The outcome of the check all the same, so that the rejected rows can be shown and mended.
    """

    def __init__(self, message: str, *, checked: Any = None) -> None:
        super().__init__(message)
        self.checked = checked


class TooCostly(DataError):
    """The texts need more segments, or more money, than a guard allows."""


class InvariantError(DataError):
    """A sum that must hold (accepted + rejected = read, …) does not."""


class JournalError(MsgframeError):
    """The journal cannot be written or read, or disagrees with what is asked."""


class JournalLocked(JournalError):
    """Another process works on the same campaign."""


class PlanChanged(JournalError):
    """The campaign in the journal was made from another plan."""

    exit_code = 2


class ApiError(MsgframeError):
    """The vendor refused, or could not be asked.

    Attributes
    ----------
    code
        The vendor's `responseCode`, or None where its answer held none.
    status
        The HTTP status, or None where there was no answer.
    """

    #: Whether the same request may be sent again without the risk of reaching somebody twice.
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, code: int | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotSent(ApiError):
    """The request certainly never took effect: it may be sent again."""

    retryable = True


class Throttled(NotSent):
    """The vendor asked to slow down; `retry_after` is in seconds, or None where it did not say."""

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after = retry_after


class AuthFailed(ApiError):
    """Customer id, password or token are wrong; no message can be sent with them."""


class Rejected(ApiError):
    """The vendor understood the request and refused it: sending it again cannot help."""


class InsufficientCredit(Rejected):
    """The account has no credit left: the campaign must stop."""


class OutcomeUnknown(ApiError):
    """The request went out and no readable answer came back: the texts may be out."""
