"""Encoding, length and segments of texts, against facts from the field and a packer by hand."""

from __future__ import annotations

import math
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe.messages.segmentation import encoding, segments, sizes, units

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ITALY = "\U0001f1ee\U0001f1f9"
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"

#: Counted by two public calculators and by a packer written by hand, which agree on all of them.
FACTS = [
    ("", "GSM-7", 0, 0),
    ("A" * 160, "GSM-7", 1, 160),
    ("A" * 161, "GSM-7", 2, 161),
    ("A" * 306, "GSM-7", 2, 306),
    ("A" * 307, "GSM-7", 3, 307),
    ("A" * 159 + "€", "GSM-7", 2, 161),
    ("A" * 158 + "€", "GSM-7", 1, 160),
    ("€" * 80, "GSM-7", 1, 160),
    ("€" * 81, "GSM-7", 2, 162),
    ("€" * 152, "GSM-7", 2, 304),
    ("€" * 153, "GSM-7", 3, 306),
    ("A" * 152 + "[" + "A" * 10, "GSM-7", 2, 164),
    ("A" * 152 + "[" + "A" * 151, "GSM-7", 2, 305),
    ("A" * 152 + "[" + "A" * 152, "GSM-7", 3, 306),
    ("A" * 153 + "[" + "A" * 151, "GSM-7", 2, 306),
    ("a\nb", "GSM-7", 1, 3),
    ("a\r\nb", "GSM-7", 1, 4),
    ("x" * 159 + "\r\n", "GSM-7", 2, 161),
    ("tab\there", "UCS-2", 1, 8),
    ("\f" * 80, "GSM-7", 1, 160),
    ("back`tick", "UCS-2", 1, 9),
    ("ç", "UCS-2", 1, 1),
    ("Ç", "GSM-7", 1, 1),
    ("¡Hola niño! ¿Qué tal?", "GSM-7", 1, 21),
    ("mañana", "GSM-7", 1, 6),
    ("información", "UCS-2", 1, 11),
    ("pingüino", "GSM-7", 1, 8),
    ("Á" * 70, "UCS-2", 1, 70),
    ("Á" * 71, "UCS-2", 2, 71),
    ("á" + "a" * 69, "UCS-2", 1, 70),
    ("á" + "a" * 70, "UCS-2", 2, 71),
    ("á" + "a" * 133, "UCS-2", 2, 134),
    ("á" + "a" * 134, "UCS-2", 3, 135),
    ("e\u0301", "UCS-2", 1, 2),
    ("\u2019", "UCS-2", 1, 1),
    ("it\u2019s " + "a" * 155, "UCS-2", 3, 160),
    ("\u00a0", "UCS-2", 1, 1),
    ("₹", "UCS-2", 1, 1),
    ("$35", "GSM-7", 1, 3),
    ("😀", "UCS-2", 1, 2),
    ("😀" * 35, "UCS-2", 1, 70),
    ("😀" * 36, "UCS-2", 2, 72),
    ("😀" * 66, "UCS-2", 2, 132),
    ("😀" * 67, "UCS-2", 3, 134),
    ("a" + "😀" * 66, "UCS-2", 2, 133),
    ("a" + "😀" * 67, "UCS-2", 3, 135),
    ("👋🏽", "UCS-2", 1, 4),
    (FAMILY, "UCS-2", 1, 8),
    ("a" * 66 + FAMILY, "UCS-2", 2, 74),
    (ITALY + "2" * 66, "UCS-2", 1, 70),
    (ITALY + "2" * 67, "UCS-2", 2, 71),
    ("नमस्ते", "UCS-2", 1, 6),
    ("न" * 71, "UCS-2", 2, 71),
    ("Привет", "UCS-2", 1, 6),
    ("你好", "UCS-2", 1, 2),
    ("ΓΔΘΛΞΠΣΦΨΩ", "GSM-7", 1, 10),
    ("\u0391", "UCS-2", 1, 1),
    ("\u001b", "UCS-2", 1, 1),
    ("A" * 153 + "€" * 76, "GSM-7", 2, 305),
    ("ñ" * 160, "GSM-7", 1, 160),
    ("ÑåÅØøÆæßÉèéùìòà", "GSM-7", 1, 15),
    ("\ufeffHola", "UCS-2", 1, 5),
    ("Hola\u200b", "UCS-2", 1, 5),
    ("a" * 67 + "á" + "b" * 66, "UCS-2", 2, 134),
    ("[]" * 76 + "A", "GSM-7", 2, 305),
    (RAINBOW + "2" * 64, "UCS-2", 1, 70),
    (RAINBOW + "2" * 65, "UCS-2", 2, 71),
    ("😜" + "2" * 68, "UCS-2", 1, 70),
    ("😜" + "2" * 69, "UCS-2", 2, 71),
    ("😜" + "]" * 68, "UCS-2", 1, 70),
    ("😜" + "]" * 69, "UCS-2", 2, 71),
    *((sign + "2" * 158, "GSM-7", 1, 160) for sign in "|^€{}[]~\\"),
    *((sign + "2" * 159, "GSM-7", 2, 161) for sign in "|^€{}[]~\\"),
    *((letter * 70, "UCS-2", 1, 70) for letter in "ÁÚúçíÍóÓ"),
    *((letter * 71, "UCS-2", 2, 71) for letter in "ÁÚúçíÍóÓ"),
]


# The oracle: a second implementation, one character after the other, from the code points of the
# standard's tables. It shares no line and no constant with the room that it judges.

SINGLE_SEPTET = {
    *range(0x20, 0x60), *range(0x61, 0x7B), 0x0A, 0x0D,
    0xA1, 0xA3, 0xA4, 0xA5, 0xA7, 0xBF, 0xC4, 0xC5, 0xC6, 0xC7, 0xC9, 0xD1, 0xD6, 0xD8, 0xDC, 0xDF,
    0xE0, 0xE4, 0xE5, 0xE6, 0xE8, 0xE9, 0xEC, 0xF1, 0xF2, 0xF6, 0xF8, 0xF9, 0xFC,
    0x393, 0x394, 0x398, 0x39B, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9,
} - {0x5B, 0x5C, 0x5D, 0x5E}  # fmt: skip
DOUBLE_SEPTET = {0x0C, 0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E, 0x20AC}


def oracle(text: str) -> tuple[str, int, int]:
    """Pack a text by hand, character by character."""
    points = [ord(character) for character in text]
    if all(point in SINGLE_SEPTET or point in DOUBLE_SEPTET for point in points):
        name, widths, alone, part = "GSM-7", [1 + (p in DOUBLE_SEPTET) for p in points], 160, 153
    else:
        name, widths, alone, part = "UCS-2", [1 + (p > 0xFFFF) for p in points], 70, 67
    if sum(widths) <= alone:
        return name, sum(widths), min(1, len(text))
    parts, room = 1, part
    for width in widths:
        if width > room:
            parts, room = parts + 1, part
        room -= width
    return name, sum(widths), parts


POOLS = [
    "aA0 ñé@\n",
    "aA0€[]~",
    "€{}|\f\\^",
    "aá’ç`\t\u00a0",
    "a😀🇮👨\u200d\U0010ffff",
    "á€[\ue000\ue001\uffff\U00010000bc",
    "नमПр你\u001b",
]
EDGES = [0, 1, 66, 67, 70, 132, 134, 152, 153, 160, 201, 268, 304, 306, 456, 459, 612]


def straddling(dice: random.Random) -> str:
    """Draw a text of nearly nothing but pairs, so that many of its parts end one unit early."""
    single, pair = dice.choice([("a", "€"), ("á", "😀")])
    length = dice.choice(EDGES) + dice.randint(-4, 4)
    start = single * dice.choice([0, 1, 66, 67, 152, 153])
    return start + pair * max(0, (length - len(start)) // 2) + single * dice.randint(0, 2)


def edgy(seed: int, count: int) -> list[str]:
    """Draw texts whose lengths crowd around the edges and whose pairs sit on them."""
    dice = random.Random(seed)
    texts = [straddling(dice) for _ in range(count // 4)]
    while len(texts) < count:
        filler, spice = dice.choice(POOLS), dice.choice(POOLS)
        length = max(0, dice.choice(EDGES) + dice.randint(-4, 4))
        letters = dice.choices(filler[: dice.randint(1, len(filler))], k=length)
        for _ in range(dice.randint(0, 6)):
            edge = min(max(0, dice.choice(EDGES) + dice.randint(-3, 3)), length)
            letters[edge:edge] = dice.choice(spice)
        texts.append("".join(letters))
    return texts


def assert_as_by_hand(texts: list[str]) -> None:
    counted = pl.DataFrame({"text": texts}).select(sizes("text")).unnest("sizes")
    by_hand = pl.DataFrame(
        [oracle(text) for text in texts], schema=counted.schema, orient="row"
    )  # a text of the pools stays below 65,536 units and 256 parts

    assert_frame_equal(counted, by_hand)


@pytest.mark.parametrize(("text", "name", "parts", "length"), FACTS)
def test_facts(text: str, name: str, parts: int, length: int) -> None:
    """What two public calculators agree on, we say too."""
    counted = pl.DataFrame({"text": [text]}).select(
        encoding("text"), units("text"), segments("text")
    )

    assert counted.row(0) == (name, length, parts)


def test_every_code_point() -> None:
    """Each of Unicode's characters alone has the encoding and length of the standard's tables."""
    points = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]

    counted = pl.DataFrame({"text": [chr(p) for p in points]}).select(sizes("text"))

    by_hand = [
        ("GSM-7", 1, 1)
        if point in SINGLE_SEPTET
        else ("GSM-7", 2, 1)
        if point in DOUBLE_SEPTET
        else ("UCS-2", 1 + (point > 0xFFFF), 1)
        for point in points
    ]
    assert counted.unnest("sizes").rows() == by_hand


def test_edges_by_hand() -> None:
    """Ten thousand texts on the edges are counted as a packer by hand counts them."""
    assert_as_by_hand(edgy(seed=5, count=10_000))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_edges_by_hand(seed: int) -> None:
    """Four times sixty thousand texts on the edges are counted as by hand."""
    assert_as_by_hand(edgy(seed=seed + 100, count=60_000))


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_by_hand(text: str) -> None:
    """Whatever a text holds, it is counted as by hand."""
    assert_as_by_hand([text])


@given(st.text("aá€😀", max_size=400), st.sampled_from("aá€😀"))
def test_a_character_never_lowers_the_segments(text: str, more: str) -> None:
    """A longer text never costs less."""
    counted = pl.Series([text, text + more]).to_frame("text").select(segments("text"))

    before, after = counted["segments"]
    assert before <= after


def test_null_stays_null() -> None:
    """Where there is no text, there is nothing to count."""
    frame = pl.DataFrame({"text": [None, "a"]}, schema={"text": pl.String})

    counted = frame.select(encoding("text"), units("text"), segments("text"))

    assert counted.row(0) == (None, None, None)


def test_counts_saturate() -> None:
    """Past what a joining header can count, the count stays at its largest."""
    frame = pl.DataFrame({"text": ["a" * 153 * 255, "a" * 153 * 256, "á" * 70_000]})

    counted = frame.select(units("text"), segments("text"))

    assert counted.rows() == [(39_015, 255), (39_168, 255), (65_535, 255)]


def test_lazy_streaming_and_eager_agree() -> None:
    """The engine does not change a count."""
    frame = pl.DataFrame({"text": edgy(seed=7, count=2_000)})

    lazy = frame.lazy().select(sizes("text"))

    assert_frame_equal(lazy.collect(engine="streaming"), frame.select(sizes("text")))


def test_expressions_are_taken_as_well() -> None:
    """A column may be an expression, such as one without its outer blanks."""
    frame = pl.DataFrame({"text": ["  á  "]})

    assert frame.select(units(pl.col("text").str.strip_chars())).item() == 1


def test_an_empty_frame_keeps_the_dtypes() -> None:
    """No row is no reason for other dtypes."""
    counted = pl.DataFrame(schema={"text": pl.String}).select(sizes("text")).unnest("sizes")

    assert counted.schema["units"] == pl.UInt16
    assert counted.schema["segments"] == pl.UInt8


def test_the_sample_holds_the_hard_cases() -> None:
    """Among the texts on the edges are many for which plain division is wrong."""
    texts = edgy(seed=5, count=10_000)

    wrong = [
        text
        for text in texts
        for name, length, parts in [oracle(text)]
        if length > (160 if name == "GSM-7" else 70)
        and parts != math.ceil(length / (153 if name == "GSM-7" else 67))
    ]
    assert len(wrong) > 100
