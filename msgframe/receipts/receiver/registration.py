"""The e-mail that the vendor asks for, to register where its callbacks go."""

from __future__ import annotations

from typing import Literal

#: Where the vendor's documentation says to write to.
TO = "operations@messagecentral.com"

_SUBJECT = {
    "en": "SMS Callback Integration",
    "es": "Integración de devolución de llamadas por SMS con Message Central",
}

_BODY = {
    "en": """Dear Message Central team,

please register this URL for the delivery callbacks of our account:

    {url}

Customer id:        {customer_id}
Brand name:         {brand}
Registered e-mail:  {email}

It takes POST requests with a JSON body and answers 200 once a callback is stored. Please treat the
URL as a secret: whoever knows it can report deliveries in your name.

Thank you.
""",
    "es": """Estimado equipo de Message Central:

Les rogamos que registren esta URL para los acuses de entrega de nuestra cuenta:

    {url}

ID de cliente:        {customer_id}
Marca:                {brand}
Correo registrado:    {email}

Recibe peticiones POST con un cuerpo JSON y responde 200 cuando el acuse está guardado. Les rogamos
que traten la URL como un secreto: quien la conoce puede informar de entregas en su nombre.

Gracias.
""",
}


def letter(
    url: str,
    /,
    *,
    customer_id: str | None = None,
    brand: str | None = None,
    email: str | None = None,
    language: Literal["en", "es"] = "en",
) -> str:
    """Write the e-mail that registers a callback URL with the vendor, ready to send.

    Parameters
    ----------
    url
        The public URL, `https://…/callbacks/<secret>`, as the vendor will reach it.
    customer_id, brand, email
        What the vendor asks for; what is not given is left as a blank to fill in.
    language
        "en" or "es".

    >>> text = letter("https://sms.example.com/callbacks/s3cret", customer_id="C-1", brand="Acme")
    >>> print(text[: text.index("please")])
    To: operations@messagecentral.com
    Subject: SMS Callback Integration
    <BLANKLINE>
    Dear Message Central team,
    <BLANKLINE>
    """
    blank = "____________"
    body = _BODY[language].format(
        url=url,
        customer_id=customer_id or blank,
        brand=brand or blank,
        email=email or blank,
    )
    return f"To: {TO}\nSubject: {_SUBJECT[language]}\n\n{body}"
