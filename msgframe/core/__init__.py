"""Core: what every room stands on, and nothing of the field.

Its door is its modules: `from msgframe.core import atomic_files`.
"""

__all__ = [
    "a1",
    "atomic_files",
    "databases",
    "extras",
    "header_synonyms",
    "masking",
    "progress",
    "translation",
    "vendor",
    "views",
    "web_server",
]
