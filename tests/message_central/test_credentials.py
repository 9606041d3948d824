"""ClientSettings: an argument beats the environment, which beats the file; secrets stay hidden."""

from __future__ import annotations

from msgframe.message_central.credentials import ClientSettings


def test_environment_and_file_are_read(tmp_path, monkeypatch):
    """`.env` fills what the environment leaves open."""
    (tmp_path / ".env").write_text("MSGFRAME_CUSTOMER_ID=C-FILE\nMSGFRAME_PASSWORD=from-file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSGFRAME_CUSTOMER_ID", "C-ENV")

    found = ClientSettings()

    assert found.customer_id == "C-ENV"
    assert found.password is not None
    assert found.password.get_secret_value() == "from-file"


def test_secrets_are_masked_when_shown():
    """Neither repr nor str nor a dump gives a secret away."""
    found = ClientSettings(_env_file=None, password="wonderland", token="rabbit-hole")
    shown = f"{found!r} {found} {found.model_dump()}"
    assert "wonderland" not in shown
    assert "rabbit-hole" not in shown
