"""What every request of a campaign says alike: sender, type, and the registered ids.

A new parameter of the vendor is a line of `MessageSettings`, one of `PARAMETERS`, and a column of
the plan in `frames`: signatures, checks, requests and the campaign file follow.
"""
# The annotations are read when the module loads, so they are not postponed.

from collections.abc import Mapping
from typing import Literal, NotRequired, TypeAlias, TypedDict, get_args, get_type_hints

from msgframe.errors import SettingsError
from msgframe.frames import did_you_mean, quoted, require_choice

FlowType: TypeAlias = Literal["SMS", "WHATSAPP", "RCS", "SAUTH"]
MessageType: TypeAlias = Literal["TRANSACTION", "PROMOTIONAL", "OTP"]


class MessageSettings(TypedDict):
    """The settings of a message: keywords of `plan` and `Client`, columns of a plan."""

    #: What the recipient sees as sender.
    sender_id: str
    #: `TRANSACTION`, `PROMOTIONAL` or `OTP`. The vendor's silent default is OTP; ours must be said.
    message_type: MessageType
    #: `SMS`, `WHATSAPP`, `RCS` or `SAUTH`.
    flow_type: NotRequired[FlowType]
    #: The registered template (India DLT), as text: 19 digits are more than a spreadsheet keeps.
    template_id: NotRequired[str | None]
    #: The registered brand (India DLT), as text.
    entity_id: NotRequired[str | None]


#: The vendor's name of each, in the order of a URL (message-now-api, section 2).
PARAMETERS = {
    "flow_type": "flowType",
    "sender_id": "senderId",
    "message_type": "messageType",
    "template_id": "templateId",
    "entity_id": "entityId",
}

#: What is meant where nothing is said; other settings that may be left out are then not sent.
DEFAULTS = {"flow_type": "SMS"}

#: The settings that have a few values only.
CHOICES = {
    name: choices
    for name, kind in get_type_hints(MessageSettings).items()
    for choices in map(get_args, (kind, *get_args(kind)))
    if choices and all(isinstance(choice, str) for choice in choices)
}

#: The settings that must have a value.
NEEDED = MessageSettings.__required_keys__ | DEFAULTS.keys()


def check_settings(settings: Mapping[str, object], /, *, verb: str) -> dict[str, str | None]:
    """Give every setting by its name, None where it has no value, or raise.

    Raises
    ------
    SettingsError
        A value that the vendor must refuse.
    TypeError
        A setting that there is not, or one that must be given and is not.

    >>> check_settings({"sender_id": "UTOMOB", "message_type": "OTP"}, verb="plan")["flow_type"]
    'SMS'
    """
    _require_names(settings, verb)
    values = {name: settings.get(name, DEFAULTS.get(name)) for name in PARAMETERS}
    for name in [name for name in values if name in NEEDED or values[name] is not None]:
        if name in CHOICES:
            require_choice(values[name], CHOICES[name], name=name, verb=verb)
        else:
            require_text(values[name], name=name, verb=verb)
    pair = [name for name in ("template_id", "entity_id") if values[name] is not None]
    if len(pair) == 1:
        raise SettingsError(
            f"{verb}() takes template_id and entity_id together or neither of them; "
            f"only {quoted(pair)} is given."
        )
    return values  # type: ignore[return-value]  # each is text by now, or None


def parameters_of(settings: Mapping[str, object], /) -> dict[str, str]:
    """Give what goes into a request, by the vendor's names; other keys of `settings` are ignored.

    >>> parameters_of({"sender_id": "UTOMOB", "template_id": None, "mobile": "9816111111"})
    {'senderId': 'UTOMOB'}
    """
    values = {theirs: settings.get(name) for name, theirs in PARAMETERS.items()}
    return {name: str(value) for name, value in values.items() if value is not None}


def require_text(value: object, *, name: str, verb: str) -> None:
    """Raise unless a setting is text with something in it."""
    if not isinstance(value, str):
        raise SettingsError(
            f"{verb}({name}={value!r}) is a {type(value).__name__}: write it as text, {name}='…'."
        )
    if not value.strip():
        raise SettingsError(f"{verb}({name}={value!r}) is blank: give it a value.")


def _require_names(settings: Mapping[str, object], verb: str) -> None:
    if unknown := settings.keys() - PARAMETERS.keys():
        near = did_you_mean(sorted(unknown), PARAMETERS)
        raise TypeError(f"{verb}() got an unexpected keyword argument {min(unknown)!r}.{near}")
    if missing := MessageSettings.__required_keys__ - settings.keys():
        raise TypeError(
            f"{verb}() needs {quoted(sorted(missing))}, which no default can stand for."
        )
