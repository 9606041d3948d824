"""A vendor's words are read as ours: its own first, then those of all gateways."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe.core.vendor import CallbackFields
from msgframe.errors import ColumnsError, UsageError
from msgframe.frames import STATUS
from msgframe.message_central import CALLBACK_FIELDS
from msgframe.receipts import follow, read_callbacks, read_problems
from msgframe.receipts.fields import SPELLINGS, status

if TYPE_CHECKING:
    from pathlib import Path

#: A vendor of another shape: its keys mean other things elsewhere, its statuses are numbers.
TINY = CallbackFields(
    headers={
        "message_id": ("ref",),
        "status": ("code",),
        "mobile": ("id",),
        "submitted": ("queued at",),
        "done": ("ts",),
    },
    spellings={"delivered": ("8", "sent"), "expired": ("D-16",), "read": ("32",)},
    zone="America/New_York",
)

POSTED: list[dict[str, Any]] = [
    {"ref": "a", "code": 8, "id": "+1 212 555 0123", "queued at": "2026-03-01 09:00:00"},
    {"ref": "b", "code": "sent", "id": "34612345678", "queued at": "2026-03-01 09:00:01"},
    {"ref": "c", "code": "D16", "id": "34612345679", "queued at": "2026-03-01 09:00:02"},
    {"ref": "d", "code": 17, "id": "34612345670", "queued at": "2026-03-01 09:00:03"},
]


@pytest.mark.parametrize(
    ("status_", "words"),
    [*SPELLINGS.items(), *CALLBACK_FIELDS.spellings.items()],
    ids=[*SPELLINGS, *(f"vendor's {name}" for name in CALLBACK_FIELDS.spellings)],
)
def test_each_status_in_each_spelling(status_: str, words: tuple[str, ...]):
    """Case, accents, blanks, hyphens and underscores do not count."""
    spelled = [
        form
        for word in (status_, *words)
        for form in (word, word.upper(), f" {word[:2]}-{word[2:]}_ ")
    ]

    read = pl.DataFrame({"raw": spelled}).select(status("raw")).to_series()

    assert read.unique().to_list() == [status_]


def test_every_status_can_be_spelled():
    """The table knows every status, and no word of two."""
    words = [word for name, words in SPELLINGS.items() for word in (name, *words)]

    assert set(SPELLINGS) == set(STATUS.categories)
    assert len(words) == len(set(words))


@pytest.mark.parametrize("word", ["READ", "Seen", "LEIDO", "leído"])
def test_a_message_that_was_read(word: str):
    """WhatsApp and RCS tell more than a delivery."""
    assert read_callbacks([{"messageId": "a", "status": word}])["status"].item() == "read"


@pytest.mark.parametrize("suffix", ["list", ".jsonl", ".csv"])
def test_another_vendors_receipts_are_read(suffix: str, tmp_path: Path):
    """Its words, its zone; what it writes is all there is to say."""
    path = tmp_path / f"export{suffix}"
    if suffix == ".csv":
        pl.DataFrame(POSTED, strict=False).cast(pl.String).write_csv(path)
    else:
        path.write_text("\n".join(map(json.dumps, POSTED)))

    read = read_callbacks(POSTED if suffix == "list" else path, fields=TINY)

    assert read["message_id"].to_list() == ["a", "b", "c", "d"]
    assert read["msisdn"].to_list() == [12125550123, 34612345678, 34612345679, 34612345670]
    assert read["status"].to_list() == ["delivered", "delivered", "expired", "unknown"]
    assert read["submitted_at"][0] == datetime(2026, 3, 1, 14, tzinfo=UTC)


def test_another_vendors_store_is_followed_and_judged(tmp_path: Path):
    """All that reads receipts takes the vendor's words; a zone that is given goes first."""
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, POSTED)))

    followed = next(follow(path, fields=TINY, zone="UTC"))

    assert_frame_equal(followed, read_callbacks(POSTED, fields=TINY, zone="UTC"))
    assert followed["submitted_at"][0] == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert read_problems(POSTED, fields=TINY).select("row", "rule").rows() == [
        (4, "unknown_status")
    ]


def test_what_gateways_usually_write_is_known_besides():
    """A key that the vendor has no word for is read as everybody writes it."""
    posted = {"ref": "a", "code": "DELIVRD", "msisdn": "34612345678", "errorCode": "007"}

    read = read_callbacks([posted], fields=TINY)

    assert read.select("msisdn", "status", "error_code").row(0) == (34612345678, "delivered", "7")


def test_a_number_beside_a_status_does_not_hide_it():
    """`DELIVRD 000` is delivered, whatever the number says."""
    assert pl.DataFrame({"raw": ["DELIVRD 000"]}).select(status("raw")).item() == "delivered"


def test_marks_alone_spell_no_status():
    """A dash for "no receipt yet" does not give a meaning to each number that nobody knows."""
    posted = [{"messageId": "a", "status": word} for word in ("—", "17")]

    read = read_callbacks(posted, spellings={"-": "rejected"})

    assert read["status"].to_list() == ["unknown", "unknown"]


def test_a_status_or_field_that_does_not_exist_is_refused():
    """A slip in a vendor's or a person's words is said, with what there is."""
    with pytest.raises(UsageError, match=r"'delivred'.*Did you mean 'delivered'"):
        read_callbacks([], spellings={"GONE": "delivred"})
    with pytest.raises(ColumnsError, match=r"'phone'.*There are 'message_id'"):
        read_callbacks([], fields=CallbackFields({"phone": ("to",)}, {}, "UTC"))
