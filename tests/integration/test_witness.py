"""A real witness over HTTP: every answer of the protocol, what it remembers through kill -9, and requests that race."""

from __future__ import annotations

import gzip
import random
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fakes.forked import ORIGIN, SmallLog
from rig.witness import WitnessProcess

from suxin.api.witness import known_logs
from suxin.ledger.checkpoint import log_key, open_cosigned
from suxin.ledger.cosignature import verify_cosignatures
from suxin.ledger.errors import StoreError, VerificationError
from suxin.ledger.note import Note, parse_note, parse_signature_lines, parse_vkey
from suxin.ledger.store.witness_book import REFUSED_MAX, WitnessBook, origin_hash
from suxin.ledger.witness import NEVER, Cosigned, Declined, Seen, Why, format_ask

LOG, FORK, OTHER = SmallLog(), SmallLog(forked_at=5), SmallLog("suxin.example/other/1", seed=2)
KNOWN = ("--log", LOG.vkey, "--log", OTHER.vkey)


@pytest.fixture(scope="module")
def shared_witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    """Watches both logs; has cosigned the first at 7 leaves."""
    with WitnessProcess(tmp_path_factory.mktemp("w") / "w", "--name", "witness.example/w1", *KNOWN) as found:
        assert found.ask(LOG.ask(0, 7)).status_code == 200
        yield found


def test_a_cosignature_is_a_line_that_holds(shared_witness: WitnessProcess) -> None:
    answer = shared_witness.ask(LOG.ask(7, 7))
    assert answer.status_code == 200
    witness = parse_vkey(shared_witness.vkey)
    assert witness.name == "witness.example/w1"
    note = parse_note(LOG.note(7))
    found = verify_cosignatures(Note(note.text, parse_signature_lines(answer.text)), [witness])
    assert [one.witness for one in found] == [witness]
    assert answer.text.endswith("\n")


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (SmallLog("suxin.example/stranger/1").ask(0, 3), 404, "origin"),
        (SmallLog(seed=9).ask(7, 9), 403, "no signature of a key that is known"),
        (LOG.ask(7, 9).replace(b"\n9\n", b"\n8\n"), 403, "signature"),
        (format_ask(9, [], LOG.note(8)), 400, "from 9 to 8"),
        (b"", 400, "old size"),
        (b"old 7\n\nhello", 400, "text"),
        (b"old 07\n\n" + LOG.note(9).encode(), 400, "old size"),
        (format_ask(7, [], LOG.note(9)), 422, "no path"),
        (FORK.ask(7, 9), 422, "not an extension of 7 leaves with the root"),
        (FORK.ask(7, 7), 422, "at 7 leaves this witness has cosigned the root"),
        (b"old 0\n\n" + b"x" * 100_000, 413, "at most"),
    ],
)
def test_every_refusal_says_why(shared_witness: WitnessProcess, raw: bytes, status: int, words: str) -> None:
    answer = shared_witness.ask(raw)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert words in answer.text
    assert "Traceback" not in shared_witness.log()


def test_a_stale_request_is_told_the_size(shared_witness: WitnessProcess) -> None:
    for old in (0, 3, 8):
        answer = shared_witness.ask(LOG.ask(old, 9))
        assert (answer.status_code, answer.headers["content-type"], answer.text) == (409, "text/x.tlog.size", "7\n")
    answer = shared_witness.ask(LOG.ask(7, 7))
    assert answer.status_code == 200


def test_a_body_may_be_compressed_and_not_endlessly(shared_witness: WitnessProcess) -> None:
    for raw, status in ((LOG.ask(7, 7), 200), (b"old 0\n\n" + bytes(10_000_000), 413), (b"", 400)):
        answer = httpx.post(
            f"{shared_witness.url}/add-checkpoint", content=gzip.compress(raw), headers={"content-encoding": "gzip"}, timeout=20
        )
        assert answer.status_code == status


def test_monitors_see_what_was_cosigned_last(shared_witness: WitnessProcess) -> None:
    answer = httpx.get(f"{shared_witness.url}/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    witness = parse_vkey(shared_witness.vkey)
    opened = open_cosigned(answer.text, ORIGIN, [log_key(ORIGIN, LOG.key.public)], [witness])
    assert (opened.checkpoint.size, opened.checkpoint.root) == (7, LOG.root(7))
    assert [one.witness for one in opened.cosignatures] == [witness]
    for name in (sha256(OTHER.origin.encode()).hexdigest(), "x", ORIGIN.replace("/", "%2F")):
        assert httpx.get(f"{shared_witness.url}/{name}/checkpoint").status_code == 404


def test_what_convicts_a_log_is_kept(shared_witness: WitnessProcess) -> None:
    shared_witness.ask(FORK.ask(7, 7))
    shared_witness.ask(FORK.ask(7, 9))
    connection = sqlite3.connect(f"file:{shared_witness.folder}/witness.db?mode=ro", uri=True)
    rows = connection.execute("SELECT why, note, kept FROM refused").fetchall()
    connection.close()
    assert ("other-root", FORK.note(7)) in {(why, note) for why, note, _ in rows}
    assert all(open_cosigned(kept, ORIGIN, [log_key(ORIGIN, LOG.key.public)]).checkpoint.size == 7 for _, _, kept in rows)
    assert "other-root" in shared_witness.log()


# Memory


def test_what_was_answered_is_remembered_through_kills(tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "w", *KNOWN) as witness:
        vkey, size = witness.vkey, 0
        for step in (20,):
            assert witness.ask(LOG.ask(size, step)).status_code == 200
            witness.kill()
            witness.start()
            assert witness.vkey == vkey
            answer = witness.ask(LOG.ask(size, step))
            assert (answer.status_code, answer.text) == (409, f"{step}\n")
            assert witness.ask(FORK.ask(step, step + 1)).status_code == 422
            size = step
        witness.stop()
        witness.start()
        assert witness.ask(LOG.ask(20, 64)).status_code == 200


def test_a_kill_in_the_middle_of_requests_never_lets_a_fork_in(tmp_path: Path) -> None:
    """Sizes are sent in a stream while the process is killed; whatever was answered 200 must still be the least size."""
    chance = random.Random(4)
    with WitnessProcess(tmp_path / "w", *KNOWN) as witness:
        answered = [0]

        def stream() -> None:
            size = answered[0]
            while size < 64:
                try:
                    answer = witness.ask(LOG.ask(size, size + 1))
                except httpx.TransportError:
                    return
                size = size + 1 if answer.status_code == 200 else int(answer.text)
                if answer.status_code == 200:
                    answered[0] = size

        for _ in range(2):
            thread = threading.Thread(target=stream)
            thread.start()
            thread.join(chance.uniform(0.02, 0.15))
            witness.kill()
            thread.join()
            witness.start()
            answer = witness.ask(format_ask(63, LOG.path(63, 64), LOG.note(64)))
            stored = int(answer.text) if answer.status_code == 409 else 64
            assert answered[0] <= stored <= answered[0] + 1
            answered[0] = stored


def test_of_two_that_race_one_is_told_to_start_again(tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "w", *KNOWN) as witness:
        assert witness.ask(LOG.ask(0, 5)).status_code == 200
        with ThreadPoolExecutor(12) as pool:
            # From 6 leaves on, so that whoever wins, the fork (other from leaf 5) is no extension of it.
            answers = list(pool.map(witness.ask, [LOG.ask(5, 5 + at) for at in range(1, 13)]))
        won = [at for at, answer in enumerate(answers, 1) if answer.status_code == 200]
        assert len(won) == 1
        assert {(a.status_code, a.text) for a in answers if a.status_code != 200} == {(409, f"{5 + won[0]}\n")}
        # The fork and the truth at once: only the truth extends what was cosigned.
        size = 5 + won[0]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(witness.ask, [(LOG, FORK)[at % 2].ask(size, size + 1) for at in range(8)]))
        assert [answer.status_code for answer in answers].count(200) == 1
        assert {answer.status_code for answer in answers[1::2]} <= {409, 422}


def test_two_processes_on_one_memory_decide_one_after_the_other(tmp_path: Path) -> None:
    def grown(by: int) -> Cosigned:
        return Cosigned(Seen(by, LOG.root(by), LOG.note(by)), parse_note(LOG.note(by)))

    with WitnessBook(tmp_path / "w.db") as first, WitnessBook(tmp_path / "w.db") as second:
        inside, order = threading.Event(), []

        def slow(seen: Seen) -> Cosigned:
            order.append(("slow", seen.size))
            inside.set()
            threading.Event().wait(0.3)
            return grown(3)

        def quick(seen: Seen) -> Cosigned:
            order.append(("quick", seen.size))
            return grown(5)

        thread = threading.Thread(target=lambda: first.update(ORIGIN, slow, 1))
        thread.start()
        assert inside.wait(60)
        second.update(ORIGIN, quick, 2)
        thread.join()
        assert order == [("slow", 0), ("quick", 3)]
        assert first.seen(ORIGIN).size == 5
        assert first.seen("other") == NEVER
        assert first.note_of(origin_hash(ORIGIN)) == LOG.note(5)


def test_what_is_kept_of_refusals_is_bounded(tmp_path: Path) -> None:
    with WitnessBook(tmp_path / "w.db") as book:
        for at in range(REFUSED_MAX + 10):
            book.update(ORIGIN, lambda _, at=at: Declined(Why.NOT_CONSISTENT, "", note=f"note {at}"), 1)  # type: ignore[misc]
        # A flood of one kind, which anybody can send, leaves room for the other, which only the log can.
        book.update(ORIGIN, lambda _: Declined(Why.OTHER_ROOT, "", note="fork"), 1)
        book.update(ORIGIN, lambda _: Declined(Why.STALE, "", 3), 1)
        kept = book.refused(ORIGIN)
    assert len(kept) == REFUSED_MAX + 1
    assert ("other-root", "fork", "") in kept


def test_a_decision_that_fails_stores_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    with WitnessBook(tmp_path / "w.db") as book:
        with pytest.raises(ZeroDivisionError):
            book.update(ORIGIN, lambda _: 1 // 0, 1)  # type: ignore[arg-type, return-value]
        assert book.seen(ORIGIN) == NEVER
        book.update(ORIGIN, lambda _: Cosigned(Seen(1, LOG.root(1), "note"), parse_note(LOG.note(1))), 1)
        assert book.seen(ORIGIN).size == 1


def test_a_file_that_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"hello, I am no database at all" * 100)
    with pytest.raises(StoreError, match="memory"):
        WitnessBook(tmp_path / "w.db")


# Setting up


def run(witness: WitnessProcess, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*witness.command, *options], capture_output=True, text=True, timeout=60)


def test_a_key_keeps_its_name_and_a_folder_its_witness(tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "w", "--name", "witness.example/w1", *KNOWN) as witness:
        taken = WitnessProcess(tmp_path / "w", *KNOWN)
        assert "in use" in run(taken).stderr
        witness.stop()
        again = run(taken, "--name", "witness.example/w2")
        assert again.returncode == 1
        assert "must not serve two names" in again.stderr
        assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o077 == 0
        assert (tmp_path / "w" / "witness.db").stat().st_mode & 0o077 == 0
        witness.start()
    assert witness.vkey.startswith("witness.example/w1+")


def test_a_witness_must_be_told_what_to_watch(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--log"):
        known_logs([], None)
    with pytest.raises(VerificationError, match="vkey"):
        known_logs(["hello"], None)
    policy = tmp_path / "policy"
    policy.write_text(f"log {LOG.vkey}\nquorum none\n")
    assert known_logs([OTHER.vkey, LOG.vkey], policy).keys() == {ORIGIN, OTHER.origin}
    assert len(known_logs([LOG.vkey], policy)[ORIGIN]) == 1
    with pytest.raises(StoreError, match="cannot be read"):
        known_logs([], tmp_path / "nothing")
    out = run(WitnessProcess(tmp_path / "w"))
    assert out.returncode == 1
    assert "Traceback" not in out.stderr


def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    out = run(WitnessProcess(tmp_path / "w", *KNOWN), "--name", "two words")
    assert out.returncode == 1
    assert "no spaces and no plus sign" in out.stderr
