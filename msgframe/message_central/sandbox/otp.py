"""One-time codes: made, kept alive for a while, and checked by the vendor itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgframe.message_central.sandbox.faults import chance
from msgframe.message_central.sandbox.responses import ApiRefusal

if TYPE_CHECKING:
    from datetime import datetime

#: Wrong tries before the vendor gives up on a code (invented: nothing is documented).
MAX_ATTEMPTS = 3


@dataclass(slots=True)
class OtpCode:
    """A code that was sent to somebody."""

    #: Its digits.
    digits: str
    #: The national number that it was sent to.
    mobile: str
    #: Until when it can be used.
    until: datetime
    #: Whether it was used, and how often it was guessed wrong.
    used: bool = False
    wrong: int = 0


class OtpCodes:
    """The codes of one sandbox, by the vendor's id of each."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._codes: dict[int, OtpCode] = {}
        self._last: dict[tuple[str, str], int] = {}

    def __getitem__(self, verification_id: int | str) -> str:
        """Give the digits of a code, for a test that plays the person with the telephone."""
        return self._codes[int(verification_id)].digits

    def live(self, recipient: tuple[str, str], now: datetime) -> int | None:
        """Give the id of the code that a number may still use, if there is one."""
        last = self._last.get(recipient)
        if last is None or self._codes[last].used or now >= self._codes[last].until:
            return None
        return last

    def issue(
        self, verification_id: int, recipient: tuple[str, str], length: int, *, until: datetime
    ) -> str:
        """Issue the code of `length` digits that `recipient` (calling code, number) is sent."""
        drawn = chance(self._seed, "code", *recipient, verification_id)
        digits = f"{int(10**length * drawn):0{length}}"
        self._codes[verification_id] = OtpCode(digits, recipient[1], until)
        self._last[recipient] = verification_id
        return digits

    def verify(self, verification_id: str, digits: str, now: datetime) -> str:
        """Spend the code that `digits` are right for, and give the number that it was sent to.

        Raises
        ------
        Refused
            505 no such id, 703 used already, 700 wrong too often, 705 too late, 702 wrong.
        """
        if not (verification_id.isdecimal() and int(verification_id) in self._codes):
            raise ApiRefusal(505)
        code = self._codes[int(verification_id)]
        if code.used:
            raise ApiRefusal(703)
        if code.wrong >= MAX_ATTEMPTS:
            raise ApiRefusal(700)
        if now >= code.until:
            raise ApiRefusal(705)
        if digits != code.digits:
            code.wrong += 1
            raise ApiRefusal(702)
        code.used = True
        return code.mobile
