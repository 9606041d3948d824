"""One-time codes: made, kept alive for a while, and checked by the vendor itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgframe.sandbox.answers import Refused
from msgframe.sandbox.faults import chance

if TYPE_CHECKING:
    from datetime import datetime, timedelta

#: Wrong tries before the vendor gives up on a code (invented: nothing is documented).
MOST_TRIES = 3


@dataclass(slots=True)
class Code:
    """A code that was sent to somebody."""

    #: The vendor's id of it.
    verification_id: int
    #: Whom it was sent to: calling code, national number.
    recipient: tuple[str, str]
    #: Its digits.
    digits: str
    #: Until when it can be used.
    until: datetime
    #: Whether it was used, and how often it was guessed wrong.
    used: bool = False
    wrong: int = 0


class Codes:
    """The codes of one sandbox, by id, and the live one of each number."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._codes: dict[int, Code] = {}
        self._last: dict[tuple[str, str], Code] = {}

    def __getitem__(self, verification_id: int | str) -> str:
        """Give the digits of a code, for a test that plays the person with the telephone."""
        return self._codes[int(verification_id)].digits

    def live(self, recipient: tuple[str, str], now: datetime) -> Code | None:
        """Give the code that a number may still use, if there is one."""
        last = self._last.get(recipient)
        return last if last and not last.used and now < last.until else None

    def make(
        self,
        recipient: tuple[str, str],
        length: int,
        *,
        verification_id: int,
        now: datetime,
        lives: timedelta,
    ) -> Code:
        """Make the code of `length` digits that `recipient` is sent."""
        number = int(10**length * chance(self._seed, "otp", *recipient, verification_id))
        code = Code(verification_id, recipient, f"{number:0{length}}", now + lives)
        self._codes[verification_id] = self._last[recipient] = code
        return code

    def check(self, verification_id: str, digits: str, now: datetime) -> Code:
        """Give the code that `digits` are right for, and spend it.

        Raises
        ------
        Refused
            505 no such id, 703 used already, 705 too late, 702 wrong, 700 wrong too often.
        """
        code = self._codes.get(int(verification_id)) if verification_id.isdecimal() else None
        if code is None:
            raise Refused(505)
        if code.used:
            raise Refused(703)
        if code.wrong >= MOST_TRIES:
            raise Refused(700)
        if now >= code.until:
            raise Refused(705)
        if digits != code.digits:
            code.wrong += 1
            raise Refused(702)
        code.used = True
        return code
