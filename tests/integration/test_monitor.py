"""`suxin monitor` against a server that lies: each lie has its code, its evidence, and its weight; and what is no lie is none."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog
from fakes.forger import Forger
from fakes.liar import Face, change_last_entry, lying
from fakes.story import tell
from fakes.world import ORIGIN, World

from suxin.api import monitor as monitor_module
from suxin.api.address import Address
from suxin.api.cli_contradiction import verify_contradiction
from suxin.api.cli_monitor import Wanted, monitor
from suxin.api.turn_report import lines_of
from suxin.ledger.checkpoint import Checkpoint, sign_checkpoint
from suxin.ledger.contradiction import Weight, parse_contradiction, weigh
from suxin.ledger.epoch import Epoch
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import root_of
from suxin.ledger.note import format_vkey, parse_vkey

AGES = 10 * 365 * 24 * 3600.0  # seconds; the world of these books is not of today


@dataclass
class Books:
    """One history, and another that leaves it.

    Attributes:
        leaves: The true log.
        notes: Its notes by size.
        other: The log without one entry, made anew.
        other_notes: Its notes.
        sizes: Of the true log.
    """

    world: World
    leaves: list[bytes]
    notes: dict[int, str]
    other: list[bytes]
    other_notes: dict[int, str]

    @property
    def sizes(self) -> list[int]:
        return sorted(self.notes)

    def face(self, size: int, **more: Any) -> Face:
        return Face(self.leaves, self.notes[size], size, self.world.log_key, **more)

    def forked(self, size: int) -> Face:
        return Face(self.other, self.other_notes[size], size, self.world.log_key)

    def forger(self) -> Forger:
        return Forger(self.world, self.world.folder / "book.db")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with World(tmp_path_factory.mktemp("world")) as world:
        path = tell(world).folder / "book.db"
        forger = Forger(world, path)
        del forger.leaves[forger.find("inspection")]
        yield Books(world, *Forger(world, path).made(), *forger.made())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(monitor_module, "PAUSE_S", 0.0)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # the command sends it to standard error
    yield
    structlog.reset_defaults()


class Run:
    """One monitor's folder, and what it says."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def once(self, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        self._capsys.readouterr()
        wanted = Wanted(
            url, self.folder, once=True, as_json=True, workers="threads", max_age_s=more.pop("max_age_s", AGES), **more
        )
        code = monitor(wanted)
        out = self._capsys.readouterr().out
        assert out.count("\n") == 1, "one JSON object"
        value: dict[str, Any] = json.loads(out)
        assert code == {"holds": 0, "fails": 1, "open": 2}[value["verdict"]]
        return code, value

    def evidence(self) -> list[Path]:
        return sorted((self.folder / "evidence").glob("*.json"))

    def held(self) -> str:
        return (self.folder / "checkpoint").read_text()


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "monitor", capsys)


def weight_of(path: Path, key: str) -> Weight:
    return weigh(parse_contradiction(path.read_bytes()), parse_vkey(key))


def test_a_book_that_grows_holds_and_its_mirror_is_an_export(books: Books, run: Run) -> None:
    with lying(a=books.face(books.sizes[9])) as liar:
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["added"], value["size"]) == (0, books.sizes[9], books.sizes[9])
        assert set(value["checked"]) == {"checkpoint", "hashes", "entries", "newest_epoch"}
        assert "first visit" not in value["notices"][0]
        liar.faces["a"] = books.face(books.sizes[-1])
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["added"], value["size"]) == (0, books.sizes[-1] - books.sizes[9], books.sizes[-1])
        assert value["holes_total"] == 1
        ((first, last),) = value["holes"][0]["ranges"]
        assert first == last > 1
        assert "first visit" in value["notices"][0]
        assert (value["first"], value["findings"], value["evidence"]) == (None, [], [])
        assert run.held() == books.notes[books.sizes[-1]]
        for path in (run.folder / "tile").rglob("*"):
            if path.is_file():
                with Address(f"{liar.url}/a") as address:
                    assert address.get(f"/{path.relative_to(run.folder)}", 1 << 20) == path.read_bytes()


Lie = Callable[[Books, Face], Face]


def entry_changed(_books: Books, face: Face) -> Face:
    return replace(face, spoil=change_last_entry)


def tile_changed(_books: Books, face: Face) -> Face:
    return replace(face, spoil=lambda path, body: bytes(32) + body[32:] if "/tile/0/" in path else body)


def note_of_nobody(_books: Books, face: Face) -> Face:
    return replace(face, note=face.note.replace("\n— ", "\n— not."))


def note_by_another_key(books: Books, face: Face) -> Face:
    root = root_of_leaves(books.leaves[: face.size])
    return replace(face, note=sign_checkpoint(Checkpoint(ORIGIN, face.size, root), SigningKey(bytes([9]) * 32)))


def note_changed(_books: Books, face: Face) -> Face:
    return replace(face, note=face.note.replace(f"\n{face.size}\n", f"\n{face.size - 1}\n"))


def note_of_nothing(_books: Books, face: Face) -> Face:
    return replace(face, note="Service Unavailable")


def tail_cut(books: Books, _face: Face) -> Face:
    return books.face(books.sizes[3])


def fork_of_one_size(books: Books, face: Face) -> Face:
    root = root_of_leaves(books.other[: face.size])
    return replace(face, note=sign_checkpoint(Checkpoint(ORIGIN, face.size, root), books.world.log_key))


def fork_that_is_longer(books: Books, _face: Face) -> Face:
    return books.forked(max(books.other_notes))


def fork_that_is_shorter(books: Books, face: Face) -> Face:
    return books.forked(max(size for size in books.other_notes if size < face.size))


def root_of_leaves(leaves: list[bytes]) -> bytes:
    from suxin.ledger.hashing import leaf_hash

    return root_of([leaf_hash(raw) for raw in leaves])


LIES: list[tuple[Lie, str, Weight | None]] = [
    (entry_changed, "leaf-hash", Weight.CLAIMS),
    (tile_changed, "root-differs", Weight.CLAIMS),
    (note_of_nobody, "note-unsigned", None),
    (note_by_another_key, "note-unsigned", None),
    (note_changed, "note-signature-invalid", None),
    (note_of_nothing, "note-malformed", Weight.CLAIMS),
    (tail_cut, "log-truncated", Weight.CLAIMS),
    (fork_of_one_size, "consistency-invalid", Weight.CONVICTS),
    (fork_that_is_longer, "consistency-invalid", Weight.CONVICTS),
    (fork_that_is_shorter, "consistency-invalid", Weight.CONVICTS),
]


SEEN_BY_HASHES = {tile_changed, tail_cut, fork_that_is_longer, fork_that_is_shorter}
HEALED = {entry_changed, tail_cut, fork_that_is_longer}  # shown the truth again after it
CASES = [(*case, False) for case in LIES] + [(*case, True) for case in LIES if case[0] in SEEN_BY_HASHES]


@pytest.mark.parametrize(
    ("lie", "code", "weight", "hashes"), CASES, ids=[f"{case[0].__name__}{'-hashes' * case[3]}" for case in CASES]
)
def test_a_lie_after_an_honest_state(books: Books, run: Run, lie: Lie, code: str, weight: Weight | None, hashes: bool) -> None:
    """The state that was held stays, whatever is shown; and an honest state afterwards is taken over again."""
    before = next(size for size in books.sizes if size > books.forger().find("inspection") + 9)
    later = books.sizes[books.sizes.index(before) + 5]
    with lying(a=books.face(before)) as liar:
        assert run.once(f"{liar.url}/a", hashes_only=hashes)[0] == 0
        held = run.held()
        base = books.face(before if lie is fork_of_one_size else later)
        liar.faces["a"] = lie(books, base)
        exit_code, value = run.once(f"{liar.url}/a", hashes_only=hashes)
        assert (exit_code, value["first"]["code"]) == (1, code)
        assert run.held() == held
        (path,) = run.evidence()
        assert value["evidence"] == [str(path)]
        assert value["contradictions"] == [json.loads(path.read_bytes())]
        if weight is not None:
            assert weight_of(path, base.vkey) is weight
        if code in ("log-truncated", "consistency-invalid"):
            assert [one.source for one in parse_contradiction(path.read_bytes()).notes] == ["mirror", f"{liar.url}/a"]
        if lie in HEALED:
            liar.faces["a"] = books.face(later)
            assert run.once(f"{liar.url}/a", hashes_only=hashes)[0] == 0
            assert run.held() == books.notes[later]


def test_a_fault_in_the_log_itself_binds_the_log_to_the_leaf(books: Books, run: Run) -> None:
    forger = books.forger()
    index = forger.find("scan")
    forger.resay(index, sign=False, at="2026-11-22T07:59:59+08:00")
    face = Face(*made(forger), books.world.log_key)
    with lying(a=face) as liar:
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"], value["first"]["index"]) == (1, "signature-invalid", index)
        (path,) = run.evidence()
        found = parse_contradiction(path.read_bytes())
        assert found.leaf is not None
        assert found.leaf.raw == face.leaves[index]
        assert weight_of(path, face.vkey) is Weight.BINDS
        assert run.once(f"{liar.url}/a")[1]["first"]["index"] == index, "found again by the next run"


def made(forger: Forger) -> tuple[list[bytes], str, int]:
    leaves, notes = forger.made()
    return leaves, notes[max(notes)], max(notes)


def test_a_wrong_map_root_of_one_epoch_is_found_though_the_next_is_right(books: Books, run: Run) -> None:
    forger = books.forger()

    def wrong(epoch: Epoch) -> Epoch:
        return replace(epoch, map_root=bytes(32))

    forger.epochs[20] = wrong
    with lying(a=Face(*made(forger), books.world.log_key)) as liar:
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"]) == (1, "map-root-differs")
        assert value["first"]["index"] == books.sizes[19] - 1
        code, value = run.once(f"{liar.url}/a", hashes_only=True)
        assert code == 0, "not to be seen without the entries"


def test_a_stale_state_and_one_from_the_future(books: Books, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    size = books.sizes[-1]
    with lying(a=books.face(size)) as liar:
        for now, code in ((books.world.now + 200_000, "state-old"), (books.world.now - 200_000, "state-ahead")):
            with monkeypatch.context() as patch:
                patch.setattr("time.time_ns", lambda now=now: now * 1_000_000)
                exit_code, value = run.once(f"{liar.url}/a", max_age_s=180.0)
            assert (exit_code, value["first"]["code"]) == (1, code)
            assert value["current"]["as_of"] == books.world.now
        assert weight_of(run.evidence()[0], liar.faces["a"].vkey) is Weight.BINDS
        monkeypatch.setattr("time.time_ns", lambda: (books.world.now + 100_000) * 1_000_000)
        assert run.once(f"{liar.url}/a", max_age_s=180.0)[0] == 0


def test_a_fork_shown_to_one_of_two_readers_is_seen_at_the_other(books: Books, run: Run) -> None:
    mine, theirs = books.sizes[-3], max(books.other_notes)
    for peer, weight in ((books.forked(theirs), Weight.CONVICTS), (books.forked(sorted(books.other_notes)[-6]), Weight.CONVICTS)):
        with lying(a=books.face(mine), b=peer) as liar:
            code, value = run.once(f"{liar.url}/a", peers=(f"{liar.url}/b",))
            assert (code, value["first"]["code"]) == (1, "consistency-invalid")
            assert value["peers"][0]["state"] == "forked"
            assert weight_of(run.evidence()[-1], liar.faces["a"].vkey) is weight
            alone, _ = run.once(f"{liar.url}/a")
            assert alone == 0, "nobody can notice it alone"


def test_the_file_is_weighed_by_a_stranger(books: Books, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def weighed(file: Path, known: Path | None) -> tuple[int, str]:
        capsys.readouterr()
        code = verify_contradiction(file, known, as_json=True)
        value = json.loads(capsys.readouterr().out)
        return code, value.get("weight") or value["first"]["code"]

    with lying(a=books.face(books.sizes[-3]), b=books.forked(max(books.other_notes)), c=books.face(books.sizes[3])) as liar:
        for url, peers in ((f"{liar.url}/a", (f"{liar.url}/b",)), (f"{liar.url}/c", ())):
            run.once(url, peers=peers)
    convicts, claims = run.evidence()
    known = policy(tmp_path, books.face(books.sizes[0]).vkey)
    assert weighed(convicts, known) == (1, "convicts")
    assert weighed(claims, known) == (2, "claims")
    assert weighed(convicts, None) == (2, "log-unknown")
    convicts.write_bytes(convicts.read_bytes()[:-2])
    assert weighed(convicts, known) == (2, "contradiction-malformed")
    capsys.readouterr()
    assert verify_contradiction(claims, known, as_json=False) == 2
    assert "the word of whoever kept it" in capsys.readouterr().out


def test_who_is_shown_an_old_state_learns_it_from_a_peer(books: Books, run: Run) -> None:
    with lying(a=books.face(books.sizes[5]), b=books.face(books.sizes[-1])) as liar:
        code, value = run.once(f"{liar.url}/a", peers=(f"{liar.url}/b",))
        assert (code, value["first"]["code"], value["peers"][0]["state"]) == (1, "log-truncated", "ahead")
        liar.faces["a"] = books.face(books.sizes[-1])
        code, value = run.once(f"{liar.url}/a", peers=(f"{liar.url}/b",))
        assert (code, value["peers"][0]["state"]) == (0, "same")
        liar.faces["b"] = books.face(books.sizes[5])
        code, value = run.once(f"{liar.url}/a", peers=(f"{liar.url}/b",))
        assert (code, value["peers"][0]["state"]) == (0, "behind")
        liar.faces["b"].down = True
        code, value = run.once(f"{liar.url}/a", peers=(f"{liar.url}/b",))
        assert (code, value["peers"][0]["state"]) == (0, "silent")


def test_a_mirror_behind_any_web_server_is_followed_like_the_book(books: Books, run: Run, tmp_path: Path) -> None:
    size = books.sizes[-1]
    with lying(a=books.face(size)) as liar:
        assert run.once(f"{liar.url}/a")[0] == 0
        known = policy(tmp_path, liar.faces["a"].vkey)
        with files_at(run.folder) as url:
            other = Run(tmp_path / "other", run._capsys)
            code, value = other.once(url, policy=known)
            assert (code, value["size"], value["checked"][-1]) == (0, size, "newest_epoch")
            code, value = other.once(url, policy=known, hashes_only=True)
            assert (code, value["current"]["code"]) == (0, "not-shown"), "a mirror shows no single leaves"
            code, value = other.once(f"{liar.url}/a", policy=known, peers=(url,))
            assert (code, value["peers"][0]["state"]) == (0, "same")


@contextmanager
def files_at(folder: Path) -> Iterator[str]:
    """A plain web server of a folder."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_a_damaged_mirror_is_not_believed_and_what_was_held_is_not_forgotten(books: Books, run: Run) -> None:
    size = books.sizes[-2]
    with lying(a=books.face(size)) as liar:
        assert run.once(f"{liar.url}/a")[0] == 0
        for file in (run.folder / "tile" / "entries").rglob("*"):
            if file.is_file():
                file.write_bytes(file.read_bytes()[:-9])
        liar.faces["a"] = tail_cut(books, liar.faces["a"])
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"]) == (1, "log-truncated")
        shutil.rmtree(run.folder / "tile")
        (run.folder / "checkpoint").unlink()
        liar.faces["a"] = fork_that_is_longer(books, liar.faces["a"])
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"]) == (1, "consistency-invalid")
        assert weight_of(run.evidence()[-1], liar.faces["a"].vkey) is Weight.CONVICTS
        liar.faces["a"] = books.face(books.sizes[-1])
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["size"]) == (0, books.sizes[-1])


def test_without_a_credential_it_says_what_was_not_checked(
    books: Books, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = books.face(books.sizes[-1], token="of-an-auditor")
    with lying(a=face) as liar:
        code, value = run.once(f"{liar.url}/a")
        assert code == 2
        assert value["not_checked"] == {"entries": "the book shows them to auditors only"}
        assert "entries" not in value["checked"]
        code, value = run.once(f"{liar.url}/a", hashes_only=True)
        assert (code, "entries" in value["not_checked"]) == (0, True)
        (tmp_path / "token").write_text("of-an-auditor\n")
        code, value = run.once(f"{liar.url}/a", credential=tmp_path / "token")
        assert (code, value["entries"] > 50, value["not_checked"]) == (0, True, {})
        monkeypatch.setenv("SUXIN_CREDENTIAL", "of-an-auditor")
        assert run.once(f"{liar.url}/a")[0] == 0
        monkeypatch.setenv("SUXIN_CREDENTIAL", "of-somebody-else")
        assert "does not take" in run.once(f"{liar.url}/a")[1]["not_checked"]["entries"]
        assert {path for path, sent in face.asked if sent and "/entries/" not in path} == set()
        assert "of-an-auditor" not in "".join(
            path.read_text(errors="replace") for path in run.folder.rglob("*") if path.is_file()
        )


def policy(folder: Path, vkey: str, more: str = "", quorum: str = "none") -> Path:
    path = folder / "policy"
    path.write_text(f"log {vkey}\n{more}quorum {quorum}\n")
    return path


@pytest.mark.parametrize("words", ["caf\u0065\u0301", "\x9b31m", "\u202e", "x" * 3_000])
def test_what_a_liar_writes_neither_stops_the_evidence_nor_reaches_the_screen(books: Books, run: Run, words: str) -> None:
    face = books.face(books.sizes[9])
    with lying(a=face) as liar:
        assert run.once(f"{liar.url}/a")[0] == 0
        note = sign_checkpoint(Checkpoint(f"{words}/1", 1, bytes(32)), books.world.log_key)
        liar.faces["a"] = replace(face, note=note)
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"]) == (1, "note-unsigned")
        parse_contradiction(run.evidence()[-1].read_bytes())
        liar.faces["a"] = replace(face, note=face.note.replace("\n\n", f"\n{words}\n\n", 1))
        code, value = run.once(f"{liar.url}/a")
        assert (code, value["first"]["code"]) == (1, "note-signature-invalid")
        assert all(sign.isprintable() for sign in "".join(lines_of(value)))


def test_a_policy_decides_which_log_is_known(books: Books, run: Run, tmp_path: Path) -> None:
    face = books.face(books.sizes[-1])
    with lying(a=face) as liar:
        code, value = run.once(f"{liar.url}/a", policy=policy(tmp_path, face.vkey))
        assert (code, value["notices"]) == (0, [])
        stranger = format_vkey(replace(parse_vkey(face.vkey), name="suxin.example/other/1"))
        code, value = run.once(f"{liar.url}/a", policy=policy(tmp_path, stranger))
        assert (code, value["first"]["code"]) == (2, "log-unknown")
        other = format_vkey(replace(parse_vkey(face.vkey), public=SigningKey(bytes([9]) * 32).public))
        code, value = Run(tmp_path / "new", run._capsys).once(f"{liar.url}/a", policy=policy(tmp_path, other))
        assert (code, value["first"]["code"]) == (1, "note-unsigned")


def test_a_webhook_is_told_and_the_watch_goes_on(books: Books, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suxin.api.webhook.PAUSE_S", 0.0)
    with lying(a=books.face(books.sizes[-1])) as liar:
        assert run.once(f"{liar.url}/a")[0] == 0
        liar.faces["a"] = tail_cut(books, liar.faces["a"])
        liar.hook_fails = 2
        assert run.once(f"{liar.url}/a", webhook=f"{liar.url}/hook")[0] == 1
        assert liar.posted == [path.read_bytes() for path in run.evidence()]


def test_what_cannot_be_asked_is_no_contradiction(books: Books, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suxin.api.cli_monitor.PAUSE_S", 0.0)
    with lying(a=books.face(books.sizes[-1], down=True)) as liar:
        code, value = run.once(f"{liar.url}/a")
        assert (code, "503" in value["error"]) == (2, True)
        assert run.evidence() == []
    code, value = run.once(f"{liar.url}/a")
    assert (code, "does not answer" in value["error"]) == (2, True)
    code, value = run.once("ftp://suxin.example")
    assert (code, "not an address" in value["error"]) == (2, True)
