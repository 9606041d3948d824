"""What a text weighs, and what makes it lighter, as expressions.

`encoding`, `units` and `segments` count what is billed; `sizes` gives the three at once. `smart`
replaces the signs that push a text out of GSM-7, by the table that `replacements` gives, and
`changes` shows what it replaced.
"""

from __future__ import annotations

from msgframe.messages.texts.segmentation import (
    ALONE,
    BASIC,
    EMOJI,
    EXTENSION,
    OUTSIDE,
    PART,
    encoding,
    segments,
    sizes,
    units,
)
from msgframe.messages.texts.smart_encoding import Accents, changes, replacements, smart

__all__ = [
    "ALONE",
    "BASIC",
    "EMOJI",
    "EXTENSION",
    "OUTSIDE",
    "PART",
    "Accents",
    "changes",
    "encoding",
    "replacements",
    "segments",
    "sizes",
    "smart",
    "units",
]
