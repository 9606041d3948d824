"""Sending goes over real HTTP to the sandbox: nobody twice, nobody forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import msgframe as mf
from msgframe import fingerprint
from msgframe.errors import (
    AuthFailed,
    ColumnsError,
    InsufficientCredit,
    JournalLocked,
    NotSent,
    PlanChanged,
    Rejected,
    UsageError,
)
from msgframe.frames import STAGES, columns, model

if TYPE_CHECKING:
    from pathlib import Path

    from msgframe.message_central.sandbox import Sandbox


def messages(*texts: str, people: int = 1) -> pl.DataFrame:
    """As many people for each text, every one with a number of their own."""
    count = len(texts) * people
    return pl.DataFrame(
        {
            "row": range(2, count + 2),
            "country_code": ["91"] * count,
            "mobile": [str(9_816_000_000 + number) for number in range(count)],
            "msisdn": [919_816_000_000 + number for number in range(count)],
            "text": [text for text in texts for _ in range(people)],
            "encoding": ["GSM-7"] * count,
            "units": [4] * count,
            "segments": [1] * count,
            "template": [text for text in texts for _ in range(people)],
            "variables": [[]] * count,
        },
        schema_overrides={
            "row": pl.UInt32,
            **{n: c.dtype for n, c in STAGES["render"].items()},
        },
    )


def planned(*texts: str, people: int = 1, **settings) -> pl.DataFrame:
    """A plan with as many people for each text."""
    settings = {
        "campaign": "saldo",
        "sender_id": "UTOMOB",
        "message_type": "TRANSACTION",
    } | settings
    return mf.plan(messages(*texts, people=people), **settings)


def singles(count: int, **settings) -> pl.DataFrame:
    """A plan of that many requests of one person each."""
    return planned(*(f"Hola {n}" for n in range(count)), mode="single", **settings)


def client_of(vendor: Sandbox, **settings) -> mf.Client:
    return mf.Client(
        vendor.url, customer_id=vendor.customer_id, password=vendor.password, **settings
    )


@pytest.fixture
def vendor():
    with mf.sandbox.serve() as vendor:
        yield vendor


@pytest.fixture
def client(vendor: Sandbox):
    with client_of(vendor) as client:
        yield client


def test_everybody_gets_their_text(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """Each row's text reaches its number, once."""
    plan = singles(20)
    sent = mf.send(plan, client, journal)

    got = vendor.messages.select("mobile", "text").sort("mobile")
    assert_frame_equal(got, plan.select("mobile", "text").sort("mobile"))
    assert sent["state"].to_list() == ["accepted"] * 20


def test_sent_is_the_plan_and_what_became_of_it(client: mf.Client, journal: mf.Journal):
    """The rows come back in the plan's order with the columns of the dictionary."""
    plan = planned("Hola", "Adiós", people=3)
    sent = mf.send(plan, client, journal)

    assert_frame_equal(sent.select(plan.columns), plan)
    assert sent.columns == [*plan.columns, *columns("send")]
    model("send").validate(sent)


@pytest.mark.parametrize("mode", ["single", "list", "file"])
def test_each_mode_arrives(mode: str, vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """Single, list and file carry the same texts to the same people."""
    plan = planned("Hola, ¿qué tal?", people=4, mode=mode)
    sent = mf.send(plan, client, journal)

    assert vendor.messages.sort("mobile")["mobile"].to_list() == plan["mobile"].to_list()
    assert set(vendor.messages["text"]) == {"Hola, ¿qué tal?"}
    assert sent["mode"].unique().to_list() == [mode]
    assert sent["state"].unique().to_list() == ["accepted"]


def test_ids_are_those_of_the_vendor(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """The ids in the frame lead to the vendor's own record."""
    sent = mf.send(singles(5), client, journal)

    theirs = vendor.messages.select("mobile", "transaction_id", "verification_id")
    ours = sent.select("mobile", "transaction_id", "verification_id")
    assert_frame_equal(ours.sort("mobile"), theirs.sort("mobile"), check_dtypes=False)


def test_a_second_send_is_silent(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """What the journal holds is not sent again, and the frame is the same."""
    plan = singles(5)
    first = mf.send(plan, client, journal)
    again = mf.send(plan, client, journal)

    assert vendor.messages.height == 5
    assert (vendor.requests["operation"] == "send").sum() == 5
    assert_frame_equal(first, again)


def test_another_process_is_as_silent(vendor: Sandbox, client: mf.Client, tmp_path: Path):
    """A journal that is opened anew remembers."""
    for _ in range(2):
        with mf.Journal(tmp_path / "saldo.db") as journal:
            mf.send(singles(3), client, journal)

    assert vendor.messages.height == 3


def test_a_changed_plan_is_refused(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """Another plan under the same name sends nothing, and the error counts the difference."""
    mf.send(singles(3), client, journal)
    with pytest.raises(PlanChanged, match="3 are the same, 1 new, and 0 gone"):
        mf.send(singles(4), client, journal)

    assert vendor.messages.height == 3


def test_another_campaign_is_sent(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """A journal holds several campaigns."""
    mf.send(singles(3), client, journal)
    mf.send(singles(2, campaign="saldo-2"), client, journal)

    assert vendor.messages.height == 5
    assert journal.campaigns()["campaign"].to_list() == ["saldo", "saldo-2"]


def test_the_plan_stays_as_it_was(client: mf.Client, journal: mf.Journal):
    """Sending gives a new frame."""
    plan = singles(2)
    before = plan.clone()
    mf.send(plan, client, journal)

    assert_frame_equal(plan, before)


def test_held_rows_stay_at_home(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """A row that the plan holds is held, with its reason."""
    twice = messages("Hola", people=2).with_columns(
        mobile=pl.lit("9816000000"), msisdn=919816000000
    )
    plan = mf.plan(twice, campaign="saldo", sender_id="UTOMOB", message_type="TRANSACTION")
    sent = mf.send(plan, client, journal)

    assert sent["state"].to_list() == ["accepted", "held"]
    assert sent["error"].to_list() == [None, plan["held"][1]]
    assert vendor.messages.height == 1


def test_confirm_refuses_another_plan(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """A person who was shown one plan does not send another."""
    with pytest.raises(PlanChanged, match=fingerprint(singles(3))):
        mf.send(singles(3), client, journal, confirm=fingerprint(singles(4)))

    assert vendor.messages.height == 0


def test_the_first_digits_confirm(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """The beginning of the fingerprint is enough, as a person types it."""
    plan = singles(3)
    mf.send(plan, client, journal, confirm=f"{fingerprint(plan)[:4]}…")

    assert vendor.messages.height == 3


def test_an_empty_plan_is_an_empty_frame(client: mf.Client, journal: mf.Journal):
    """No row, no request, and all the columns."""
    sent = mf.send(singles(1).clear(), client, journal)

    assert sent.is_empty()
    model("send").validate(sent)


def _real(asked: list[httpx.Request]) -> mf.Client:
    """A client of the real address, whose requests end here."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"responseCode": 200})

    return mf.Client(token="t", transport=httpx.MockTransport(answer))


def test_what_the_sandbox_took_is_not_taken_for_sent(client: mf.Client, journal: mf.Journal):
    """Going live with the journal of a rehearsal is refused, instead of sending to nobody."""
    mf.send(singles(2), client, journal)
    asked: list[httpx.Request] = []
    with _real(asked) as real, pytest.raises(UsageError, match="this machine, not to cpaas"):
        mf.send(singles(2), real, journal)

    assert asked == []


def test_a_rehearsal_that_failed_is_in_nobodys_way(vendor: Sandbox, journal: mf.Journal):
    """A campaign of which nothing was taken may go to the real vendor."""
    with (
        mf.Client(vendor.url, customer_id=vendor.customer_id, password="wrong") as stranger,
        pytest.raises(AuthFailed),
    ):
        mf.send(singles(2), stranger, journal)
    asked: list[httpx.Request] = []
    with _real(asked) as real:
        mf.send(singles(2), real, journal)

    assert len(asked) == 2


def test_two_campaigns_are_not_one_plan(client: mf.Client, journal: mf.Journal):
    """Plans that were put together are told apart again."""
    with pytest.raises(UsageError, match="this one is 2: 'saldo', 'otra'"):
        mf.send(pl.concat([singles(1), singles(1, campaign="otra")]), client, journal)


def test_a_missing_column_is_told(client: mf.Client, journal: mf.Journal):
    """A frame that is no plan names what it lacks."""
    with pytest.raises(ColumnsError, match="'message_key'"):
        mf.send(singles(1).drop("message_key"), client, journal)


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"rate": 0}, {"recipients_rate": -1}, {"waves": 0}]
)
def test_settings_that_send_nothing_are_refused(
    wrong: dict[str, float], client: mf.Client, journal: mf.Journal
):
    """A value that would send nothing is answered with one that works."""
    with pytest.raises(UsageError, match="sends nothing"):
        mf.send(singles(1), client, journal, **wrong)


def test_a_wrong_password_loses_nothing(vendor: Sandbox, journal: mf.Journal):
    """After a refused password everything still waits; with the right one it goes."""
    with (
        mf.Client(vendor.url, customer_id=vendor.customer_id, password="wrong") as stranger,
        pytest.raises(AuthFailed, match="run the same send again"),
    ):
        mf.send(singles(3), stranger, journal)
    assert journal.requests("saldo")["state"].to_list() == ["planned"] * 3

    with client_of(vendor) as client:
        assert mf.send(singles(3), client, journal)["state"].to_list() == ["accepted"] * 3


def test_nobody_listening_loses_nothing(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """A vendor that cannot be reached leaves every request planned."""
    with (
        mf.Client("http://127.0.0.1:9", token="t") as nowhere,
        pytest.raises(NotSent, match="could not be reached"),
    ):
        mf.send(singles(3), nowhere, journal, patience=0.0)

    assert mf.send(singles(3), client, journal)["state"].to_list() == ["accepted"] * 3


def test_no_credit_stops(journal: mf.Journal):
    """With an empty account the rest waits, and goes when there is credit again."""
    with (
        mf.sandbox.serve(credit=4) as poor,
        client_of(poor) as client,
        pytest.raises(InsufficientCredit),
    ):
        mf.send(singles(9), client, journal, concurrency=1)
    assert journal.campaigns()["accepted"].item() == 4

    with mf.sandbox.serve() as rich, client_of(rich) as client:
        sent = mf.send(singles(9), client, journal)
        assert rich.messages.height == 5
    assert sent["state"].to_list() == ["accepted"] * 9


def test_a_sender_at_work_is_not_disturbed(
    vendor: Sandbox, client: mf.Client, journal: mf.Journal, tmp_path: Path
):
    """While one sends a campaign, another one says so and sends nothing."""
    journal.begin(plan := singles(2), fingerprint=fingerprint(plan))
    with (
        journal.sending("saldo"),
        mf.Journal(tmp_path / "saldo.db") as other,
        pytest.raises(JournalLocked, match=r"Another process is sending 'saldo'.*process"),
    ):
        mf.send(plan, client, other)

    assert vendor.messages.height == 0


def test_refusals_are_failures(client: mf.Client, journal: mf.Journal):
    """What the vendor refuses has failed, with its words; the others go."""
    plan = singles(3).with_columns(
        country_code=pl.when(pl.col("row") == 3).then(pl.lit("99999")).otherwise("country_code")
    )
    sent = mf.send(plan, client, journal)

    assert sent["state"].to_list() == ["accepted", "failed", "accepted"]
    assert sent["error"][1] is not None


def test_many_refusals_end_it(vendor: Sandbox, client: mf.Client, journal: mf.Journal):
    """Where everything is refused, most stays at home instead of being burnt."""
    plan = singles(60).with_columns(country_code=pl.lit("99999"))
    with pytest.raises(Rejected, match="run the same send again"):
        mf.send(plan, client, journal, concurrency=2)

    states = journal.requests("saldo")["state"].value_counts().rows()
    assert dict(states)["planned"] > 30
