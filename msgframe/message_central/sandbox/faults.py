"""What may go wrong between a client and the vendor, on demand and reproducibly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgframe.errors import UsageError

if TYPE_CHECKING:
    from msgframe.message_central.vocabulary import Operation

Kind: TypeAlias = Literal[
    "refuse",
    "reset_before",
    "reset_after",
    "slow",
    "throttle",
    "limit",
    "error",
    "bad_gateway",
    "html",
    "truncated",
    "no_data",
    "null",
    "unauthorized",
    "no_credit",
]

#: Faults that come after the vendor took the messages: the client cannot know, and may not repeat.
#: All others come before.
AFTER: frozenset[Kind] = frozenset(
    {"reset_after", "slow", "bad_gateway", "html", "truncated", "no_data", "null", "refuse"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, and for which requests.

    | kind | what the client sees | were the messages taken? |
    |---|---|---|
    | `refuse` | an ordinary answer, then nobody can connect for `seconds` | yes |
    | `reset_before` | the connection is reset | no |
    | `reset_after` | the connection is reset | yes |
    | `slow` | an ordinary answer after `seconds` | yes |
    | `throttle` | 429 with `Retry-After: seconds` | no |
    | `limit` | code 800 | no |
    | `error` | 500 with code 500 | no, but nobody can know |
    | `bad_gateway` | 502 with HTML | yes |
    | `html` | 200 with HTML | yes |
    | `truncated` | 200, half of the body, end of the connection | yes |
    | `no_data` | 200 with `data` null | yes |
    | `null` | 200 with the body `null` | yes |
    | `unauthorized` | 401 with an empty body | no |
    | `no_credit` | code 508 or 805 | no |

    Without `at` and `share` it hits the next `times` requests.

    >>> Fault("throttle", at=[0, 5], seconds=2).at
    [0, 5]
    """

    #: What goes wrong.
    kind: Kind
    #: Which requests of `operation`, by number from 0 in the order of their arrival.
    at: Collection[int] = ()
    #: Or which share of them (0 to 1), chosen by seed and content, whatever their order.
    share: float = 0.0
    #: How often one request may suffer it: sent again, it gets through.
    times: int = 1
    #: Seconds, where the kind has a duration.
    seconds: float = 1.0
    #: Which calls of the API it hits.
    operation: Operation = "send"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise UsageError(
                f"Fault({self.kind!r}) is unknown. There are: {', '.join(get_args(Kind))}."
            )
        if not 0 <= self.share <= 1:
            raise UsageError(f"Fault(share={self.share}) must lie between 0 and 1, such as 0.05.")

    @property
    def after(self) -> bool:
        """Whether the messages were taken before it hit."""
        return self.kind in AFTER


class Faults:
    """The faults of one sandbox: it counts the requests, and says which one is hit, and by what.

    >>> faults = Faults([Fault("error", at=[1])], seed=0)
    >>> [faults.match("send", "a"), faults.match("send", "b").kind]
    [None, 'error']
    """

    def __init__(self, faults: Iterable[Fault] | Mapping[Kind, float], *, seed: int) -> None:
        if isinstance(faults, Mapping):
            faults = [Fault(kind, share=share) for kind, share in faults.items()]
        self._faults = list(faults)
        self._seed = seed
        self._lock = Lock()
        self._seen: Counter[Operation] = Counter()
        self._hit_counts: Counter[tuple[int, str]] = Counter()

    def add(self, fault: Fault) -> None:
        """Add a fault while the sandbox runs."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Let everything through from now on."""
        self._faults.clear()

    def match(self, operation: Operation, fingerprint: str) -> Fault | None:
        """Count a request, known by a fingerprint of its content, and give its fault, if any."""
        with self._lock:
            number = self._seen[operation]
            self._seen[operation] += 1
            candidates = (fault for fault in self._faults if fault.operation == operation)
            return next((f for f in candidates if self._hits(f, number, fingerprint)), None)

    def _hits(self, fault: Fault, number: int, fingerprint: str) -> bool:
        if fault.at:
            return number in fault.at
        if not fault.share:
            return self._once_more(fault, "")
        chosen = chance(self._seed, fault.kind, fingerprint) < fault.share
        return chosen and self._once_more(fault, fingerprint)

    def _once_more(self, fault: Fault, fingerprint: str) -> bool:
        self._hit_counts[id(fault), fingerprint] += 1
        return self._hit_counts[id(fault), fingerprint] <= fault.times


def chance(*parts: object) -> float:
    """Draw a number from 0 to 1 that depends on the parts alone.

    >>> chance(0, "a") == chance(0, "a") != chance(1, "a")
    True
    """
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
