"""What the environment says: `MSGFRAME_*` variables and a `.env` file, secrets masked."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ClientSettings(BaseSettings):
    """The settings of the vendor's API; an argument beats the environment, which beats `.env`.

    >>> ClientSettings(_env_file=None, customer_id="C-1", password="wonderland")
    ClientSettings(url='https://cpaas.messagecentral.com', customer_id='C-1',
    password=SecretStr('**********'), token=None, country=None, email=None, timeout=30.0)
    """

    model_config = SettingsConfigDict(env_prefix="MSGFRAME_", env_file=".env", extra="ignore")

    url: str = Field(
        default="https://cpaas.messagecentral.com", description="Base URL of the vendor's API."
    )
    customer_id: str | None = Field(default=None, description="The account: C- and 15 hex digits.")
    password: SecretStr | None = Field(default=None, description="The account's password.")
    token: SecretStr | None = Field(
        default=None,
        description="A ready token from the vendor's dashboard, instead of a password.",
    )
    country: str | None = Field(
        default=None, description="Calling code sent with the token request."
    )
    email: str | None = Field(default=None, description="E-mail sent with the token request.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds to wait for an answer.")
