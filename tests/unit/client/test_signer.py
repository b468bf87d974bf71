from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from suxin.client.errors import LocalError
from suxin.client.signer import FileCounter, Signer, uuid7
from suxin.client.statement import Draft
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey

KEY = bytes(range(32))
BOOK = "suxin.example/demo"


def test_uuid7_is_the_example_of_rfc_9562() -> None:
    rand = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, rand) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_has_version_variant_and_time() -> None:
    made = uuid.UUID(uuid7(1_795_000_000_000, b"\xff" * 10))
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, 1_795_000_000_000)
    with pytest.raises(ValueError, match="10 are due"):
        uuid7(0, b"short")


def test_a_counter_goes_on_after_it_was_closed(tmp_path: Path) -> None:
    counter = FileCounter(tmp_path / "n.json", BOOK, KEY)
    assert counter.next == 1
    counter.take(3)
    counter.close()
    again = FileCounter(tmp_path / "n.json", BOOK, KEY)
    assert again.next == 4
    again.close()


def test_two_programs_never_share_a_counter(tmp_path: Path) -> None:
    held = FileCounter(tmp_path / "n.json", BOOK, KEY)
    with pytest.raises(LocalError, match="another program"):
        FileCounter(tmp_path / "n.json", BOOK, KEY)
    held.close()
    FileCounter(tmp_path / "n.json", BOOK, KEY).close()


@pytest.mark.parametrize(("book", "key"), [("suxin.example/other", KEY), (BOOK, bytes(32))])
def test_a_counter_is_of_one_key_and_one_book(tmp_path: Path, book: str, key: bytes) -> None:
    counter = FileCounter(tmp_path / "n.json", BOOK, KEY)
    counter.take()
    counter.close()
    with pytest.raises(LocalError, match="another key or book"):
        FileCounter(tmp_path / "n.json", book, key)


@pytest.mark.parametrize("content", [b"", b"{", b'{"book":"a","key":"b","taken":-1}', b'{"book":"a","key":"b"}'])
def test_a_damaged_counter_is_not_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "n.json").write_bytes(content)
    with pytest.raises(LocalError, match="cannot be read"):
        FileCounter(tmp_path / "n.json", BOOK, KEY)
    assert (tmp_path / "n.json").read_bytes() == content


def test_a_draft_that_is_refused_uses_no_number(signer: Signer, draft: Callable[[int], Draft]) -> None:
    with pytest.raises(Refused):
        signer.sign(draft(-1))
    with pytest.raises(Refused):
        signer.sign_batch([draft(1), draft(-1)], "2026-11-18T14:00:00+08:00")
    assert signer.sign(draft(1)).statement.n == 1


def test_a_refused_number_may_be_used_again(signer: Signer, draft: Callable[[int], Draft]) -> None:
    assert signer.sign(draft(1)).statement.n == 1
    assert signer.sign(draft(2), n=1).statement.n == 1
    assert signer.sign(draft(3)).statement.n == 2


def test_threads_get_numbers_of_their_own(tmp_path: Path, draft: Callable[[int], Draft]) -> None:
    key = SigningKey(KEY)
    counter = FileCounter(tmp_path / "n.json", BOOK, key.key_id)
    signer = Signer(key, "uscc:91110000600037341L", BOOK, counter, lambda: 1_795_000_000_000)
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.extend(signer.sign(draft(1)).statement.n for _ in range(25))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter.close()
    assert sorted(numbers) == list(range(1, 101))


CHILD = """
import sys
from pathlib import Path
from suxin.client.signer import FileCounter
counter = FileCounter(Path(sys.argv[1]), "suxin.example/demo", bytes(range(32)))
while True:
    number = counter.next
    counter.take()
    print(number, flush=True)
"""


def test_no_number_is_given_out_twice_across_kills(tmp_path: Path) -> None:
    given: list[int] = []
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "n.json")], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        given += [int(child.stdout.readline()) for _ in range(7)]
        os.kill(child.pid, signal.SIGKILL)
        given += [int(line) for line in child.stdout.read().split("\n")[:-1]]
        child.stdout.close()
        child.wait()
    assert given == sorted(set(given))
