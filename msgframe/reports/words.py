"""What the report says, by language: add a column to this table for another one."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import polars as pl

Language: TypeAlias = Literal["en", "es"]

WORDS: dict[str, dict[Language, str]] = {
    "title": {"en": "Delivery report", "es": "Informe de entrega"},
    "lead": {
        "en": "{delivered:,} of {sent:,} sent messages were delivered ({share:.1%}).",
        "es": "{delivered:,} de {sent:,} mensajes enviados se entregaron ({share:.1%}).",
    },
    "nothing": {"en": "Nothing was sent.", "es": "No se envió nada."},
    "mature": {
        "en": "{share:.0%} mature: {pending:,} pending, about {expected:,.0f} will still arrive.",
        "es": "Madurez {share:.0%}: {pending:,} pendientes, llegarán aún unos {expected:,.0f}.",
    },
    "footer": {
        "en": "Made by msgframe {version}. Times are UTC. Phone numbers are masked.",
        "es": "Hecho con msgframe {version}. Horas en UTC. Los números están enmascarados.",
    },
    "no_charts": {
        "en": 'Charts need the extra: pip install "msgframe[notebooks]".',
        "es": 'Los gráficos necesitan el extra: pip install "msgframe[notebooks]".',
    },
    # The tables.
    "funnel": {"en": "From the sheet to the handset", "es": "De la hoja al teléfono"},
    "causes": {"en": "What the failures have in common", "es": "Qué tienen en común los fallos"},
    "statuses": {"en": "What became of the messages", "es": "Qué fue de los mensajes"},
    "errors": {"en": "Why messages were not delivered", "es": "Por qué no se entregaron"},
    "countries": {"en": "By calling code", "es": "Por prefijo de país"},
    "prefixes": {"en": "By the first digits of the number", "es": "Por las primeras cifras"},
    "hours": {"en": "By the hour they left (UTC)", "es": "Por hora de salida (UTC)"},
    "waves": {"en": "By wave", "es": "Por oleada"},
    "encodings": {"en": "What was billed", "es": "Qué se factura"},
    "cost": {"en": "What it cost", "es": "Qué costó"},
    "latency": {"en": "How long it took", "es": "Cuánto tardaron"},
    "reasons": {"en": "Why rows were rejected, or warned of", "es": "Por qué se rechazaron filas"},
    "sums": {"en": "The sums", "es": "Las cuentas"},
    "curve": {"en": "How fast they arrived", "es": "Con qué rapidez llegaron"},
    "by": {"en": "By {name}", "es": "Por {name}"},
    # Its columns and a few of its cells; what is not here is shown as it is.
    "step": {"en": "step", "es": "paso"},
    "rows": {"en": "rows", "es": "filas"},
    "share": {"en": "share", "es": "parte"},
    "lost": {"en": "lost", "es": "perdidas"},
    "why": {"en": "why", "es": "por qué"},
    "status": {"en": "status", "es": "estado"},
    "messages": {"en": "messages", "es": "mensajes"},
    "error_code": {"en": "error code", "es": "código"},
    "country_code": {"en": "calling code", "es": "prefijo"},
    "segments": {"en": "segments", "es": "segmentos"},
    "delivered": {"en": "delivered", "es": "entregados"},
    "median_seconds": {"en": "median seconds", "es": "mediana, s"},
    "encoding": {"en": "encoding", "es": "codificación"},
    "billed": {"en": "billed", "es": "facturados"},
    "price": {"en": "price", "es": "precio"},
    "per_delivered": {"en": "per delivered", "es": "por entregado"},
    "measure": {"en": "measure", "es": "medida"},
    "seconds": {"en": "seconds", "es": "segundos"},
    "family": {"en": "kind", "es": "clase"},
    "meaning": {"en": "what it usually means", "es": "qué suele significar"},
    "rule": {"en": "rule", "es": "regla"},
    "severity": {"en": "severity", "es": "gravedad"},
    "example": {"en": "example", "es": "ejemplo"},
    "law": {"en": "law", "es": "ley"},
    "left": {"en": "left", "es": "izquierda"},
    "right": {"en": "right", "es": "derecha"},
    "holds": {"en": "holds", "es": "se cumple"},
    "cause": {"en": "cause", "es": "causa"},
    "lift": {"en": "lift", "es": "razón"},
    "failed": {"en": "failed", "es": "fallidos"},
    "hour": {"en": "hour", "es": "hora"},
    "wave": {"en": "wave", "es": "oleada"},
    "prefix": {"en": "prefix", "es": "inicio"},
    # Cells, by their column; what is not here is shown as it is.
    "status_delivered": {"en": "delivered", "es": "entregado"},
    "status_undelivered": {"en": "undelivered", "es": "no entregado"},
    "status_expired": {"en": "expired", "es": "caducado"},
    "status_rejected": {"en": "rejected", "es": "rechazado"},
    "status_deleted": {"en": "deleted", "es": "eliminado"},
    "status_unknown": {"en": "unknown", "es": "desconocido"},
    "status_enroute": {"en": "enroute", "es": "en camino"},
    "status_accepted": {"en": "accepted", "es": "aceptado"},
    "status_queued": {"en": "queued", "es": "en cola"},
    "status_pending": {"en": "pending", "es": "pendiente"},
    "step_read": {"en": "read", "es": "leídas"},
    "step_accepted": {"en": "accepted", "es": "aceptadas"},
    "step_planned": {"en": "planned", "es": "planificadas"},
    "step_sent": {"en": "sent", "es": "enviadas"},
    "step_delivered": {"en": "delivered", "es": "entregadas"},
    "family_permanent": {"en": "permanent", "es": "permanente"},
    "family_temporary": {"en": "temporary", "es": "temporal"},
    "family_policy": {"en": "policy", "es": "normas"},
    "family_content": {"en": "content", "es": "contenido"},
    "family_unknown": {"en": "unknown", "es": "desconocida"},
    "severity_error": {"en": "error", "es": "error"},
    "severity_warning": {"en": "warning", "es": "aviso"},
    "measure_longest": {"en": "longest", "es": "máximo"},
    "why_rejected": {"en": "rejected", "es": "rechazadas"},
    "why_held": {"en": "held", "es": "retenidas"},
    "why_failed": {"en": "failed", "es": "fallidas"},
    "why_pending": {"en": "pending", "es": "pendientes"},
    "why_undelivered": {"en": "undelivered", "es": "no entregadas"},
    "why_not_planned": {"en": "not planned", "es": "sin planificar"},
    "law_read": {"en": "accepted + rejected = read", "es": "aceptadas + rechazadas = leídas"},
    "law_planned": {
        "en": "accepted + failed + unknown + held = planned",
        "es": "aceptadas + fallidas + desconocidas + retenidas = planificadas",
    },
    "law_sent": {
        "en": "matched + pending = sent",
        "es": "emparejadas + pendientes = enviadas",
    },
    "law_receipts": {
        "en": "matched + repeated + orphans = receipts",
        "es": "emparejados + repetidos + huérfanos = acuses",
    },
    # What the failures have in common.
    "cause_country_code": {
        "en": "{share:.0%} of the failures are to calling code {value}",
        "es": "El {share:.0%} de los fallos van al prefijo {value}",
    },
    "cause_prefix": {
        "en": "{share:.0%} of the failures are to numbers that begin with {value}",
        "es": "El {share:.0%} de los fallos van a números que empiezan por {value}",
    },
    "cause_encoding": {
        "en": "{share:.0%} of the failures are in {value}",
        "es": "El {share:.0%} de los fallos están en {value}",
    },
    "cause_segments": {
        "en": "{share:.0%} of the failures are texts of {value} segments",
        "es": "El {share:.0%} de los fallos son textos de {value} segmentos",
    },
    "cause_hour": {
        "en": "{share:.0%} of the failures left in the hour of {value}:00 UTC",
        "es": "El {share:.0%} de los fallos salieron a las {value}:00 UTC",
    },
    "cause_wave": {
        "en": "{share:.0%} of the failures went out in wave {value}",
        "es": "El {share:.0%} de los fallos salieron en la oleada {value}",
    },
    "cause_mode": {
        "en": "{share:.0%} of the failures travelled by {value}",
        "es": "El {share:.0%} de los fallos viajaron por {value}",
    },
    "cause_request": {
        "en": "{share:.0%} of the failures went out in request {value}",
        "es": "El {share:.0%} de los fallos salieron en la petición {value}",
    },
    "cause_value": {
        "en": "{share:.0%} of the failures are rows whose {column} is {value}",
        "es": "El {share:.0%} de los fallos son filas cuyo {column} es {value}",
    },
    "cause_blank": {
        "en": "{share:.0%} of the failures are rows whose {column} is blank",
        "es": "El {share:.0%} de los fallos son filas sin {column}",
    },
    "cause_link": {
        "en": "{share:.0%} of the failures are rows whose {column} holds a link",
        "es": "El {share:.0%} de los fallos son filas cuyo {column} lleva un enlace",
    },
    "cause_emoji": {
        "en": "{share:.0%} of the failures are rows whose {column} holds an emoji",
        "es": "El {share:.0%} de los fallos son filas cuyo {column} lleva un emoji",
    },
    "cause_long": {
        "en": "{share:.0%} of the failures are rows whose {column} is over 30 characters long",
        "es": "El {share:.0%} de los fallos son filas cuyo {column} pasa de 30 caracteres",
    },
    "cause_evidence": {
        "en": " (lift {lift:.1f}, {rows:,} rows).",
        "es": " (razón {lift:.1f}, {rows:,} filas).",
    },
}


def say(key: str, language: Language = "en", /, **facts: Any) -> str:
    """Say a phrase in a language, with its facts; a key without a phrase is said as it is.

    >>> say("step_sent", "es"), say("by", name="Var1"), say("Var1_x")
    ('enviadas', 'By Var1', 'Var1 x')
    """
    phrases = WORDS.get(key)
    return key.replace("_", " ") if phrases is None else phrases[language].format(**facts)


def translated(frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    """Say the words in a table's cells in a language: steps, statuses, kinds, laws.

    >>> table = pl.DataFrame({"status": ["delivered", "somewhere"]})
    >>> translated(table, "es")["status"].to_list()
    ['entregado', 'somewhere']
    """
    return frame.with_columns(
        pl.col(name).cast(pl.String).replace(_cells(name, language))
        for name in ("step", "status", "family", "severity", "measure")
        if name in frame.columns
    )


def _cells(column: str, language: Language) -> dict[str, str]:
    start = f"{column}_"
    return {k.removeprefix(start): w[language] for k, w in WORDS.items() if k.startswith(start)}
