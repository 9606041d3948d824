"""A database keeps what it was told, and says clearly when it cannot."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from msgframe.core import databases
from msgframe.errors import JournalError, JournalLocked, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from msgframe.core.databases import Database

NOTES = ["CREATE TABLE notes (id {serial}, text TEXT NOT NULL)"]


@pytest.fixture
def database(tmp_path: Path):
    with databases.open(tmp_path / "notes.db") as database:
        database.migrate("notes", NOTES)
        yield database


def _write(database: Database, text: str) -> None:
    with database.writing() as transaction:
        transaction.execute("INSERT INTO notes (text) VALUES (:text)", {"text": text})


def _texts(database: Database) -> list[str]:
    with database.reading() as transaction:
        rows = transaction.execute("SELECT text FROM notes ORDER BY id").fetchall()
    return [text for (text,) in rows]


def test_parents_are_made(tmp_path: Path):
    """The folders of a new database are made."""
    databases.open(tmp_path / "a" / "b" / "notes.db").close()

    assert (tmp_path / "a" / "b" / "notes.db").exists()


def test_only_the_owner_may_read(database: Database, tmp_path: Path):
    """A new database and its companions can be read by nobody but their owner."""
    _write(database, "secret")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_commits_are_synchronous(database: Database):
    """Every commit is written through to the disk: synchronous=FULL is 2."""
    with database.reading() as transaction:
        assert transaction.scalar("PRAGMA synchronous") == 2


def test_what_raises_is_undone(database: Database):
    """A block that raises leaves nothing behind."""
    _write(database, "kept")
    with suppress(ZeroDivisionError), database.writing() as transaction:
        transaction.execute("INSERT INTO notes (text) VALUES ('lost')")
        raise ZeroDivisionError

    assert _texts(database) == ["kept"]


def test_another_process_reads_it(database: Database, tmp_path: Path):
    """What was committed is there for a plain sqlite3 of another connection."""
    _write(database, "ñandú")

    other = sqlite3.connect(tmp_path / "notes.db")
    assert other.execute("SELECT text FROM notes").fetchall() == [("ñandú",)]
    other.close()


def test_readers_do_not_wait_for_a_writer(database: Database):
    """While one writes, another reads what was committed before."""
    _write(database, "before")

    with database.writing() as transaction:
        transaction.execute("INSERT INTO notes (text) VALUES ('during')")
        assert _texts(database) == ["before"]


def test_a_second_writer_says_that_it_waited(database: Database, tmp_path: Path):
    """A writer that cannot come in says who holds the door."""
    other = databases.open(tmp_path / "notes.db", busy=0.1)
    with database.writing(), pytest.raises(JournalLocked, match="another process"):
        _write(other, "late")
    other.close()


def test_writers_wait_for_each_other(database: Database):
    """Eight threads that write at once all come through."""
    threads = [threading.Thread(target=_write, args=(database, str(i))) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(_texts(database)) == [str(i) for i in range(8)]


def test_a_migration_runs_once(database: Database):
    """A second start with the same steps changes nothing."""
    _write(database, "kept")

    assert database.migrate("notes", NOTES) == 1
    assert _texts(database) == ["kept"]


def test_new_steps_follow_the_old(database: Database):
    """An older database gets the steps that it lacks, its rows stay."""
    _write(database, "old")
    later = [*NOTES, "ALTER TABLE notes ADD COLUMN stars INTEGER; UPDATE notes SET stars = 5"]

    assert database.migrate("notes", later) == 2
    with database.reading() as transaction:
        assert transaction.execute("SELECT text, stars FROM notes").fetchall() == [("old", 5)]


def test_a_failing_step_is_undone(database: Database):
    """A step that breaks half way leaves the tables and the version as they were."""
    broken = [*NOTES, "ALTER TABLE notes ADD COLUMN stars INTEGER; SELECT nonsense FROM nowhere"]
    with pytest.raises(JournalError, match="nowhere"):
        database.migrate("notes", broken)

    with database.reading() as transaction:
        columns = [row[1] for row in transaction.execute("PRAGMA table_info(notes)")]
    assert columns == ["id", "text"]
    assert database.migrate("notes", NOTES) == 1


def test_a_later_version_is_refused(database: Database):
    """A database written by a later msgframe is left alone."""
    with pytest.raises(JournalError, match=r"later msgframe.*version 1.*up to 0"):
        database.migrate("notes", [])


def test_components_are_counted_apart(database: Database):
    """Two components in one database have a version each."""
    assert database.migrate("others", ["CREATE TABLE others (id {serial})"] * 1) == 1
    assert database.migrate("notes", NOTES) == 1


def _open_and_migrate(path: Path) -> None:
    with databases.open(path) as database:
        database.migrate("notes", NOTES)
        _write(database, "here")


@pytest.mark.slow
def test_processes_may_start_at_once(tmp_path: Path):
    """Four processes that open a new database at the same moment make it once."""
    spawn = multiprocessing.get_context("spawn")
    children = [
        spawn.Process(target=_open_and_migrate, args=(tmp_path / "notes.db",)) for _ in range(4)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()

    database = databases.open(tmp_path / "notes.db", must_exist=True)
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert _texts(database) == ["here"] * 4
    database.close()


@pytest.mark.parametrize("target", ["", ":memory:", "sqlite://", "sqlite:///:memory:"])
def test_memory_is_refused(target: str):
    """A database that forgets is refused."""
    with pytest.raises(SettingsError, match="in memory"):
        databases.open(target)


def test_another_kind_is_refused():
    """A URL of an unknown kind names the kinds that there are."""
    with pytest.raises(SettingsError, match=r"'mysql'.*postgresql://"):
        databases.open("mysql://ana@db/saldo")


def test_a_broken_url_keeps_its_password():
    """A URL that cannot be read is not printed, since it may hold a password."""
    with pytest.raises(SettingsError) as caught:
        databases.open("postgresql://ana:geheim@[::bad/saldo:x")

    assert "geheim" not in str(caught.value)


def test_a_missing_file_may_be_an_error(tmp_path: Path):
    """Reading from a database that is not there does not make one."""
    with pytest.raises(JournalError, match="There is no database"):
        databases.open(tmp_path / "typo.db", must_exist=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    """A spreadsheet taken for a database is named, and not touched."""
    sheet = tmp_path / "recipients.xlsx"
    sheet.write_bytes(b"PK\x03\x04" + bytes(4096))
    with pytest.raises(JournalError, match=r"recipients\.xlsx: the file is not a database"):
        databases.open(sheet)

    assert sheet.read_bytes() == b"PK\x03\x04" + bytes(4096)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path):
    """A path through a file says why it cannot be made."""
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(JournalError, match="cannot be made"):
        databases.open(tmp_path / "out" / "notes.db")
