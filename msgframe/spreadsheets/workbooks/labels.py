# ruff: noqa: E501  (a sentence is one line, however long)
"""The words around the rows, in the person's language; the sentences of the rules are `recipients`'."""

from __future__ import annotations

#: The words of the workbook of rejects, in both languages.
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "summary": "Summary",
        "rows": "Rows",
        "choices": "Choices",
        "title": "What is wrong, and where",
        "read": "Rows read",
        "accepted": "Accepted",
        "rejected": "Rejected",
        "problem": "What is wrong",
        "rule": "Rule",
        "severity": "Severity",
        "problems": "Cells",
        "hit": "Rows",
        "error": "error",
        "warning": "warning",
        "pairs": "Rows in which two of them meet",
        "how": "Mend the red cells on the sheet “Rows” and save. Yellow cells are only told. Please "
        "leave the two last columns as they are: they lead each row back to its place.",
        "more": "Only the first {most:,} marked cells carry a comment; the last column says all.",
        "suggestion": "Suggestion: {}",
        "choose": "Choose one of the list.",
    },
    "es": {
        "summary": "Resumen",
        "rows": "Filas",
        "choices": "Opciones",
        "title": "Qué está mal, y dónde",
        "read": "Filas leídas",
        "accepted": "Aceptadas",
        "rejected": "Rechazadas",
        "problem": "Qué está mal",
        "rule": "Regla",
        "severity": "Gravedad",
        "problems": "Celdas",
        "hit": "Filas",
        "error": "error",
        "warning": "aviso",
        "pairs": "Filas en las que coinciden dos de ellos",
        "how": "Corrige las celdas rojas de la hoja «Filas» y guarda. Las amarillas son solo avisos. "
        "Deja las dos últimas columnas como están: devuelven cada fila a su sitio.",
        "more": "Solo las primeras {most:,} celdas marcadas llevan comentario; la última columna lo "
        "dice todo.",
        "suggestion": "Sugerencia: {}",
        "choose": "Elige una opción de la lista.",
    },
}
