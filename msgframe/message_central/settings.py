"""What every request of a campaign says alike: sender, type, and the registered ids."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

from msgframe.errors import SettingsError
from msgframe.frames import did_you_mean, quoted

FlowType: TypeAlias = Literal["SMS", "WHATSAPP", "RCS", "SAUTH"]
MessageType: TypeAlias = Literal["TRANSACTION", "PROMOTIONAL", "OTP"]

#: The vendor's name of each; the campaign is ours alone and never leaves.
PARAMETERS = {
    "flow_type": "flowType",
    "message_type": "messageType",
    "sender_id": "senderId",
    "template_id": "templateId",
    "entity_id": "entityId",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings of a campaign, checked: a plan never carries one that the vendor must refuse."""

    #: The campaign's name; with number and text it makes the key of a message.
    campaign: str
    #: What the recipient sees as sender.
    sender_id: str
    #: TRANSACTION, PROMOTIONAL or OTP.
    message_type: MessageType
    #: SMS, WHATSAPP, RCS or SAUTH.
    flow_type: FlowType = "SMS"
    #: The registered template (India DLT), as text: 19 digits are more than a spreadsheet keeps.
    template_id: str | None = None
    #: The registered brand (India DLT), as text.
    entity_id: str | None = None

    def __post_init__(self) -> None:
        _filled("campaign", self.campaign)
        _filled("sender_id", self.sender_id)
        closed("message_type", self.message_type, get_args(MessageType))
        closed("flow_type", self.flow_type, get_args(FlowType))
        ids = {"template_id": self.template_id, "entity_id": self.entity_id}
        given = {name: value for name, value in ids.items() if value is not None}
        for name, value in given.items():
            _filled(name, value)
        if len(given) == 1:
            raise SettingsError(
                "plan() takes template_id and entity_id together or neither of them; "
                f"only {quoted(given)} is given."
            )

    @property
    def columns(self) -> dict[str, str | None]:
        """Each setting by its column in a plan."""
        return asdict(self)

    @property
    def parameters(self) -> dict[str, str]:
        """What goes into the URL of each request, by the vendor's names."""
        mine = asdict(self)
        return {theirs: mine[name] for name, theirs in PARAMETERS.items() if mine[name] is not None}


def closed(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise unless `value` is one of the choices; say which one may be meant."""
    if value not in choices:
        raise SettingsError(
            f"plan({name}={value!r}): there are {quoted(choices)}."
            f"{did_you_mean([str(value)], choices)}"
        )


def _filled(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise SettingsError(
            f"plan({name}={value!r}) is a {type(value).__name__}: write it as text, {name}='…'."
        )
    if not value.strip():
        raise SettingsError(f"plan({name}={value!r}) is blank: give it a value.")
