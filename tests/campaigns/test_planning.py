"""plan: the fewest safe requests, nobody twice, nobody forgotten."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe import RequestLimits, fingerprint, frames, plan, plan_summary
from msgframe.campaigns.planning.keys import message_key
from msgframe.errors import ColumnsError, SettingsError, UsageError

TERMS = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}


def messages(*rows: tuple[int, str, list[str]], segments: int = 1) -> pl.DataFrame:
    """Write out messages as `render` gives them: a mobile's last digits, a template, its values."""
    texts = []
    for _, template, values in rows:
        text = template
        for place, value in enumerate(values, 1):
            text = text.replace(f"##Var{place}##", value)
        texts.append(text)
    mobiles = [f"98161{last:05}" for last, _, _ in rows]
    return pl.DataFrame(
        {
            "row": range(2, len(rows) + 2),
            "country_code": ["91"] * len(rows),
            "mobile": mobiles,
            "msisdn": [int(f"91{mobile}") for mobile in mobiles],
            "text": texts,
            "segments": [segments] * len(rows),
            "template": [template for _, template, _ in rows],
            "variables": [values for _, _, values in rows],
        },
        schema_overrides={
            "row": pl.UInt32,
            "msisdn": pl.Int64,
            "text": pl.String,
            "country_code": pl.String,
            "mobile": pl.String,
            "template": pl.String,
            "segments": pl.UInt8,
            "variables": pl.List(pl.String),
        },
    )


def own_texts(count: int) -> pl.DataFrame:
    """Write out `count` messages of one template, each with a text of its own."""
    return messages(*[(n, "Hola ##Var1##", [f"Ana {n}"]) for n in range(count)])


def test_columns_are_those_of_the_dictionary():
    planned = plan(own_texts(8), **TERMS)

    added = {name: planned.schema[name] for name in frames.columns("plan")}
    assert added == dict(frames.columns("plan"))
    frames.model("plan").validate(planned)


def test_messages_stay_as_they_were():
    given_messages = own_texts(8)

    planned = plan(given_messages, **TERMS)

    assert_frame_equal(planned.select(given_messages.columns), given_messages)
    assert_frame_equal(given_messages, own_texts(8))


def test_own_texts_of_one_template_go_by_file():
    planned = plan(own_texts(8), **TERMS)

    assert planned["mode"].unique().to_list() == ["file"]
    assert planned["request"].to_list() == [0] * 8
    assert planned["position"].to_list() == list(range(8))


def test_a_shared_text_goes_by_list():
    planned = plan(messages(*[(n, "Hola", []) for n in range(8)]), **TERMS)

    assert planned["mode"].unique().to_list() == ["list"]
    assert planned["request"].n_unique() == 1


def test_a_handful_of_own_texts_goes_single():
    planned = plan(own_texts(5), **TERMS)

    assert planned["mode"].unique().to_list() == ["single"]
    assert planned["request"].to_list() == [0, 1, 2, 3, 4]
    assert planned["position"].to_list() == [0] * 5


def test_file_wins_where_lists_would_be_more_requests():
    """Ten names, three people each: ten lists, or one file."""
    people = messages(*[(n, "Hola ##Var1##", [f"Ana {n % 10}"]) for n in range(30)])

    assert plan(people, **TERMS)["mode"].unique().to_list() == ["file"]


def test_list_wins_where_it_is_no_more_requests():
    people = messages(*[(n, "Hola ##Var1##", ["Ana"]) for n in range(30)])

    assert plan(people, **TERMS)["mode"].unique().to_list() == ["list"]


@pytest.mark.parametrize("mode", ["single", "list", "file"])
def test_an_asked_mode_is_used(mode):
    planned = plan(own_texts(8), **TERMS, mode=mode)

    assert planned["mode"].unique().to_list() == [mode]


def test_templates_do_not_mix_in_a_file():
    spanish = [(n, "Hola ##Var1##", [f"Ana {n}"]) for n in range(8)]
    english = [(n, "Hello ##Var1##", [f"Ana {n}"]) for n in range(10, 18)]

    planned = plan(messages(*spanish, *english), **TERMS)

    assert planned["request"].to_list() == [0] * 8 + [1] * 8


@pytest.mark.parametrize(
    "value",
    [
        "##Var1##",
        "a ## b",
        " Ana",
        "Ana\N{NO-BREAK SPACE}",
        "",
        "bell \a",
        "two\r\nlines",
        "_x0041_",
        "x" * 32_768,
        "\uffff",
    ],
)
def test_what_a_file_cannot_say_goes_single(value):
    people = pl.concat([own_texts(8), messages((99, "Hola ##Var1##", [value]))])

    planned = plan(people, **TERMS, limits=RequestLimits(url_bytes=200_000))

    assert planned["mode"].to_list() == ["file"] * 8 + ["single"]


@pytest.mark.parametrize("value", ["#42", "a\nb", "=cmd|' /C calc'!A0", "<&>]]>", "👍", "00043"])
def test_what_a_file_can_say_goes_by_file(value):
    people = pl.concat([own_texts(8), messages((99, "Hola ##Var1##", [value]))])

    assert plan(people, **TERMS)["mode"].to_list() == ["file"] * 9


@pytest.mark.parametrize("template", ["Hola ##nombre##: ##Var1##", "#####Var1##", "##Var1###1"])
def test_a_template_with_stray_marks_never_goes_by_file(template):
    people = messages(*[(n, template, [f"Ana {n}"]) for n in range(8)])

    assert plan(people, **TERMS, mode="file")["mode"].unique().to_list() == ["single"]


def test_a_text_that_its_variables_do_not_give_never_goes_by_file():
    people = own_texts(8).with_columns(variables=pl.lit(["Eva"]))

    assert plan(people, **TERMS)["mode"].unique().to_list() == ["single"]


def test_an_empty_value_goes_by_file_where_the_limits_say_so():
    people = messages(*[(n, "Hola ##Var1####Var2##", [f"Ana {n}", ""]) for n in range(8)])

    planned = plan(people, **TERMS, limits=RequestLimits(empty_cells=True))

    assert planned["mode"].unique().to_list() == ["file"]


def test_one_number_gets_its_texts_in_different_waves():
    people = pl.concat([own_texts(8), messages((3, "Adiós ##Var1##", ["Ana"]))])

    planned = plan(people, **TERMS)

    assert planned["wave"].to_list() == [0] * 8 + [1]
    assert planned["request"].to_list() == [0] * 8 + [1]


def test_no_request_has_a_number_twice():
    people = messages(*[(n % 7, "Hola ##Var1##", [f"Ana {n}"]) for n in range(60)])

    planned = plan(people, **TERMS)

    assert not planned.select(pl.struct("request", "msisdn").is_duplicated().any()).item()
    assert planned.group_by("request").agg(pl.col("wave").n_unique())["wave"].max() == 1


def test_exact_repeats_are_held():
    planned = plan(messages((1, "Hola", []), (2, "Hola", []), (1, "Hola", [])), **TERMS)

    assert planned["held"].is_null().to_list() == [True, True, False]
    assert planned["held"][2].startswith("repeated:")
    assert planned.row(2, named=True)["request"] is None
    assert planned["message_key"].n_unique() == 3


def test_exact_repeats_may_be_sent_on_purpose():
    people = messages((1, "Hola", []), (2, "Hola", []), (1, "Hola", []))

    planned = plan(people, **TERMS, repeats="send")

    assert planned["wave"].to_list() == [0, 0, 1]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (pl.lit(None, pl.Int64).alias("msisdn"), "no_number"),
        (pl.lit("34").alias("country_code"), "no_number"),
        (pl.lit(None, pl.String).alias("text"), "no_text"),
        (pl.lit(" ").alias("text"), "empty_text"),
        (pl.lit(11).alias("segments"), "too_many_segments"),
        (pl.lit("ñ" * 1_400).alias("text"), "too_long"),
    ],
)
def test_what_must_not_be_sent_is_held_with_its_rule(change, rule):
    planned = plan(own_texts(1).with_columns(change), **TERMS)

    held, mode, request, wave = planned.select("held", "mode", "request", "wave").row(0)
    assert held.startswith(f"{rule}:")
    assert (mode, request, wave) == (None, None, None)


def test_held_rows_are_no_turn_of_their_number():
    """A text that is held does not push the number's next one into a later wave."""
    people = messages((1, "Hola", []), (1, "Adiós", [])).with_columns(
        segments=pl.Series([99, 1], dtype=pl.UInt8)
    )

    assert plan(people, **TERMS)["wave"].to_list() == [None, 0]


def test_lists_are_cut_by_count():
    people = messages(*[(n, "Hola", []) for n in range(25)])

    planned = plan(people, **TERMS, limits=RequestLimits(list_numbers=10))

    assert planned.group_by("request", maintain_order=True).len()["len"].to_list() == [10, 10, 5]


def test_files_are_cut_by_rows():
    planned = plan(own_texts(25), **TERMS, limits=RequestLimits(file_rows=10))

    assert planned["request"].to_list() == [0] * 10 + [1] * 10 + [2] * 5
    assert planned["position"].to_list() == [*range(10), *range(10), *range(5)]


def test_the_key_is_that_of_hashlib():
    """Nothing but SHA-256 over a line that anybody can write down decides a key."""
    planned = plan(messages((1, "Hola ñ", [])), **TERMS)

    line = "5:saldo:919816100001:0:Hola ñ"
    assert planned["message_key"].item() == hashlib.sha256(line.encode()).hexdigest()[:32]


def test_the_key_does_not_mind_other_rows_nor_their_order():
    one = plan(own_texts(8), **TERMS)
    other = plan(own_texts(20).reverse(), **TERMS)

    shared = one.select("msisdn", "message_key").join(
        other.select("msisdn", "message_key"), on=["msisdn", "message_key"]
    )
    assert shared.height == 8


@given(
    st.sets(
        st.tuples(
            st.text(max_size=4),
            st.none() | st.integers(1, 12),
            st.none() | st.text(max_size=4),
            st.integers(0, 2),
        ),
        min_size=2,
    )
)
def test_different_messages_have_different_keys(drawn):
    """However campaign, number, text and ordinal divide one line, the keys differ."""
    keys = {
        pl.select(msisdn=pl.lit(number, pl.Int64), text=pl.lit(text, pl.String), ordinal=place)
        .select(message_key(campaign))
        .item()
        for campaign, number, text, place in drawn
    }

    assert len(keys) == len(drawn)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.booleans()), max_size=40))
def test_nobody_is_forgotten_and_nobody_twice(drawn):
    """Every row is either held or at one place of one request, and the places have no gaps."""
    people = messages(
        *[(n, "##Var1## ##Var2##", [name, "##" if odd else "x"]) for n, name, odd in drawn]
    )

    planned = plan(people, **TERMS, limits=RequestLimits(handful=1, list_numbers=3, file_rows=4))

    sent = planned.filter(pl.col("held").is_null())
    assert planned.height == people.height
    assert planned["held"].is_null().to_list() == planned["request"].is_not_null().to_list()
    assert sent["message_key"].n_unique() == sent.height
    assert sorted(sent["request"].unique()) == list(range(sent["request"].n_unique()))
    places = sent.group_by("request").agg(pl.col("position").sort(), pl.len())
    assert all(row["position"] == list(range(row["len"])) for row in places.to_dicts())


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["a", "b", "c", "d", "##"])), max_size=60
    ),
    st.integers(1, 5),
    st.integers(1, 12),
)
def test_no_single_mode_takes_fewer_requests_than_auto(drawn, list_numbers, file_rows):
    people = messages(*[(n, "Hola ##Var1##", [name]) for n, name in drawn])
    limits = RequestLimits(handful=0, list_numbers=list_numbers, file_rows=file_rows)

    def requests(mode):
        planned = plan(people, **TERMS, mode=mode, limits=limits)
        return planned["request"].drop_nulls().n_unique()

    assert requests("auto") <= min(requests("single"), requests("list"), requests("file"))


def test_same_rows_same_plan():
    one, other = (plan(own_texts(500), **TERMS) for _ in range(2))

    assert_frame_equal(one, other)
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    "change",
    [
        pl.col("text") + "!",
        pl.lit(["Eva"]).alias("variables"),
        pl.lit("34").alias("country_code"),
        pl.lit("OTP").alias("message_type"),
        pl.lit("x").alias("held"),
        pl.col("not_before").fill_null(datetime(2026, 11, 22, tzinfo=UTC)),
        pl.col("text").shift(1, fill_value="Hola Ana 0"),
        (pl.col("request") + 1),
    ],
)
def test_a_fingerprint_changes_with_what_would_be_sent(change):
    planned = plan(own_texts(3), **TERMS)

    assert fingerprint(planned.with_columns(change)) != fingerprint(planned)


def test_a_fingerprint_leaves_the_persons_own_columns_out():
    planned = plan(own_texts(3), **TERMS)

    assert fingerprint(planned.with_columns(note=pl.lit("x"))) == fingerprint(planned)


def test_a_fingerprint_is_the_same_on_every_machine():
    """Written down once: a change of it would make every stored plan look like another one."""
    assert fingerprint(plan(own_texts(3), **TERMS)) == "8e43af57f80b"


def test_a_template_for_each_row_takes_no_proof_for_each_row():
    """Who renders in another way may have as many templates as rows."""
    people = messages(*[(n, f"Hola {n} ##Var1##", ["Ana"]) for n in range(3_000)])

    planned = plan(people, **TERMS, mode="file")

    assert planned["mode"].value_counts(sort=True).rows() == [("single", 2_000), ("file", 1_000)]
    assert plan(people, **TERMS)["mode"].unique().to_list() == ["single"]


def test_an_empty_frame_gives_an_empty_plan():
    planned = plan(own_texts(3).clear(), **TERMS)

    assert planned.height == 0
    assert plan_summary(planned).height == 0
    assert len(fingerprint(planned)) == 12


def test_summary_says_why():
    people = pl.concat(
        [
            own_texts(8),
            messages((20, "Hola ##Var1##", [" Ana"]), (3, "Hola ##Var1##", ["Ana 3"])),
            messages((30, "Adiós", []), (31, "Adiós", [])),
        ]
    )

    found = plan_summary(plan(people, **TERMS))

    assert found.select("mode", "requests", "messages").rows() == [
        ("single", 1, 1),
        ("list", 1, 2),
        ("file", 1, 8),
        (None, 0, 1),
    ]
    assert found["why"][0].startswith("a value begins or ends with a blank")
    assert found["why"][3] == "held: repeated"


def test_a_lazy_frame_is_refused():
    with pytest.raises(UsageError, match=r"collect\(\)"):
        plan(own_texts(1).lazy(), **TERMS)


def test_a_missing_column_is_named():
    with pytest.raises(ColumnsError, match="'template'"):
        plan(own_texts(1).drop("template"), **TERMS)


@pytest.mark.parametrize("name", ["country_code", "text", "variables"])
def test_a_column_of_another_kind_is_named(name):
    with pytest.raises(ColumnsError, match=f"needs '{name}' as"):
        plan(own_texts(1).with_columns(pl.lit(1).alias(name)), **TERMS)


def test_own_columns_may_have_any_name_but_the_plans():
    """What the plan is made with inside does not meet what a person calls a column."""
    names = ["place", "first", "part", "why", "ordinal", "until", "moment", "zone"]
    people = own_texts(8).with_columns(pl.lit("x").alias(name) for name in names)

    planned = plan(people, **TERMS)

    assert_frame_equal(planned.select(people.columns), people)
    assert fingerprint(planned) == fingerprint(plan(own_texts(8), **TERMS))
    assert plan_summary(planned).equals(plan_summary(plan(own_texts(8), **TERMS)))


def test_messages_that_all_lack_variables_need_no_kind_of_them():
    people = messages((1, "Hola", []), (2, "Hola", [])).with_columns(
        variables=pl.Series([[], []], dtype=pl.List(pl.Null))
    )

    planned = plan(people, **TERMS)

    assert planned["mode"].to_list() == ["list", "list"]
    assert plan_summary(planned)["messages"].to_list() == [2]


def test_a_column_that_the_plan_adds_is_refused():
    with pytest.raises(ColumnsError, match="'wave'"):
        plan(own_texts(1).with_columns(wave=0), **TERMS)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"campaign": " "}, "campaign"),
        ({"sender_id": ""}, "sender_id"),
        ({"message_type": "transaction"}, "Did you mean 'TRANSACTION'"),
        ({"flow_type": "sms"}, "'WHATSAPP'"),
        ({"template_id": "1107160000000000001"}, "together"),
        ({"template_id": 1107160000000000001, "entity_id": "1"}, "write it as text"),
        ({"mode": "bulk"}, "'list'"),
        ({"repeats": "drop"}, "'hold'"),
    ],
)
def test_a_wrong_setting_is_answered(setting, said):
    with pytest.raises(SettingsError, match=said):
        plan(own_texts(1), **{**TERMS, **setting})


@pytest.mark.parametrize("name", ["url_bytes", "list_numbers", "file_rows", "segments"])
@pytest.mark.parametrize("value", [0, -1, None, 2.5])
def test_a_limit_of_nothing_is_answered(name, value):
    with pytest.raises(SettingsError, match=name):
        RequestLimits(**{name: value})
