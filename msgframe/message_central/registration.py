"""The e-mail that the vendor asks for, to register where its callbacks go."""

from __future__ import annotations

from msgframe.core.translation import require_language, translate

#: Where the vendor's documentation says to write to.
TO = "operations@messagecentral.com"


def registration_email(
    url: str,
    /,
    *,
    customer_id: str | None = None,
    brand: str | None = None,
    email: str | None = None,
    language: str = "en",
) -> str:
    """Write the e-mail that registers a callback URL with the vendor, ready to send.

    Parameters
    ----------
    url
        The public URL, `https://…/callbacks/<secret>`, as the vendor will reach it.
    customer_id, brand, email
        What the vendor asks for; what is not given is left as a blank to fill in.
    language
        "en", "es", or whatever other there is.

    Raises
    ------
    UsageError
        A language that there is not.

    >>> text = registration_email(
    ...     "https://sms.example.com/callbacks/s3cret", customer_id="C-1", brand="Acme"
    ... )
    >>> print(text[: text.index("please")])
    To: operations@messagecentral.com
    Subject: SMS Callback Integration
    <BLANKLINE>
    Dear Message Central team,
    <BLANKLINE>
    """
    require_language(language, verb="registration_email")
    subject = translate("registration_email.subject", language)
    facts = {"customer_id": customer_id, "brand": brand, "email": email}
    blanks = {name: fact or "____________" for name, fact in facts.items()}
    body = translate("registration_email.body", language, url=url, **blanks)
    return f"To: {TO}\nSubject: {subject}\n\n{body}"
