"""Following a book over real HTTP: what is fetched, what is kept, what a lie on the way does, and starting again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.forger import Forger
from fakes.liar import Answer, Face, Liar, lying
from fakes.story import tell
from fakes.world import ORIGIN, World

from suxin.api.following import Following, open_following
from suxin.client.errors import Unreachable
from suxin.ledger.checkpoint import log_key
from suxin.ledger.errors import StoreError, VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path
from suxin.ledger.proof import verify_consistency
from suxin.ledger.tile import TILE_WIDTH, encode_entries
from suxin.trace.story import Story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture(scope="module")
def history(told: World) -> tuple[list[bytes], dict[int, str]]:
    return Forger(told, told.folder / "book.db").made()


@pytest.fixture
def liar(told: World, history: tuple[list[bytes], dict[int, str]]) -> Iterator[Liar]:
    leaves, notes = history
    size = sorted(notes)[9]
    with lying(a=Face(leaves, notes[size], size, told.log_key)) as found:
        yield found


@contextmanager
def following(liar: Liar, folder: Path, token: str | None = None) -> Iterator[Following[Story]]:
    key = log_key(ORIGIN, liar.faces["a"].log.public)
    with open_following(f"{liar.url}/a", folder, ORIGIN, [key], token, cores=1) as found:
        yield found


def show(liar: Liar, history: tuple[list[bytes], dict[int, str]], size: int) -> None:
    liar.faces["a"].note, liar.faces["a"].size = history[1][size], size


def test_a_book_is_followed_as_it_grows_and_from_the_folder_after_a_start(
    liar: Liar, tmp_path: Path, history: tuple[list[bytes], dict[int, str]]
) -> None:
    sizes = sorted(history[1])
    with following(liar, tmp_path) as found:
        for size in (*sizes[10:14], sizes[13], sizes[-2]):
            show(liar, history, size)
            assert found.advance().size == found.follower.right == found.mirror.size == size
        assert found.follower.first is None
    liar.faces["a"].asked.clear()
    with following(liar, tmp_path) as found:
        assert found.mirror.note == history[1][sizes[-2]]
        found.catch_up()
        assert found.follower.right == sizes[-2]
        assert liar.faces["a"].asked == []
        show(liar, history, sizes[-1])
        assert found.advance().size == found.follower.right == sizes[-1]
        old, new = sizes[4], sizes[-1]
        path = consistency_path(old, new, found.mirror.node)
        verify_consistency(old, new, path, found.mirror.root_at(old), found.mirror.root_at(new))
        assert [found.mirror.leaf(at) for at in range(sizes[-1] + 1)] == [*history[0], None]
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    width = sizes[-1]
    assert names == {"checkpoint", f"tile/0/000.p/{width}", f"tile/entries/000.p/{width}"}


def test_leaves_that_were_not_signed_reach_neither_folder_nor_checks(
    liar: Liar, tmp_path: Path, history: tuple[list[bytes], dict[int, str]]
) -> None:
    sizes, face = sorted(history[1]), liar.faces["a"]
    with following(liar, tmp_path) as found:
        before = found.advance().size
        show(liar, history, sizes[-1])
        for lie, code in (
            (lambda path, body: body.replace(b"HUB_IN", b"HUB_XX") if "entries" in path else body, "root-differs"),
            (lambda path, body: body.replace(b'"depth":6', b'"depth":7') if "entries" in path else body, "root-differs"),
            (lambda path, body: body[:-1] if "entries" in path else body, "entries-malformed"),
            (lambda path, body: body.replace(b"\n", b"x", 1) if "checkpoint" in path else body, "note-signature-invalid"),
        ):
            face.spoil = lie
            with pytest.raises(VerificationError) as told:
                found.advance()
            assert told.value.code == code
            assert (found.mirror.size, found.follower.right) == (before, before)
        face.spoil = lambda _path, body: body
        assert found.advance().size == found.follower.right == sizes[-1]
        assert found.follower.first is None


def test_a_mirror_that_lost_its_end_mends_itself(liar: Liar, tmp_path: Path, history: tuple[list[bytes], dict[int, str]]) -> None:
    with following(liar, tmp_path) as found:
        size = found.advance().size
    bundle = tmp_path / f"tile/entries/000.p/{size}"
    for damage in (bundle.read_bytes()[:-7], bundle.read_bytes().replace(b"suxin", b"sunix", 1), None):
        if damage is None:
            (tmp_path / "checkpoint").write_bytes(b"")
        else:
            bundle.write_bytes(damage)
        with following(liar, tmp_path) as found:
            found.catch_up()
            assert (found.mirror.size, found.follower.right) == (0, 0)
            assert found.advance().size == found.follower.right == size


def test_another_history_of_the_same_key_is_told_apart(
    liar: Liar, told: World, tmp_path: Path, history: tuple[list[bytes], dict[int, str]]
) -> None:
    forger = Forger(told, told.folder / "book.db")
    del forger.leaves[forger.find("inspection")]
    leaves, notes = forger.made()
    with following(liar, tmp_path) as found:
        show(liar, history, max(history[1]))
        found.advance()
        liar.faces["a"].leaves = leaves
        with pytest.raises(VerificationError) as refused:
            found.advance(notes[max(notes)])
        assert refused.value.code == "consistency-invalid"
        with pytest.raises(VerificationError) as refused:
            found.advance(Forger(told, told.folder / "book.db").made()[1][max(history[1])].replace("\n— ", "\n— x"))
        assert refused.value.code == "note-unsigned"


class Tidy(Face):
    """Serves no partial bundle any more, since the log has grown past the full one."""

    def _tile(self, path: str, may: bool) -> Answer:
        if path == "entries/000":
            grown = [*self.leaves[: self.size], *[b"later"] * (TILE_WIDTH - self.size)]
            return 200, "application/octet-stream", encode_entries(grown)
        return (404, "text/plain", b"dropped\n") if "/000.p/" in path else super()._tile(path, may)


def test_the_full_bundle_serves_where_the_partial_one_was_dropped(
    liar: Liar, tmp_path: Path, history: tuple[list[bytes], dict[int, str]]
) -> None:
    face = liar.faces["a"]
    liar.faces["a"] = Tidy(face.leaves, face.note, face.size, face.log)
    with following(liar, tmp_path) as found:
        assert found.advance().size == found.follower.right == face.size


def test_an_answer_without_end_is_not_read_to_its_end(liar: Liar, tmp_path: Path) -> None:
    liar.faces["a"].spoil = lambda path, body: body * 1_000 if path == "/checkpoint" else body
    with following(liar, tmp_path) as found, pytest.raises(Unreachable, match="larger or slower"):
        found.advance()


def test_entries_need_the_token_and_another_log_another_folder(liar: Liar, tmp_path: Path) -> None:
    face = liar.faces["a"]
    face.token = "of an auditor"
    with following(liar, tmp_path) as found, pytest.raises(Unreachable, match="auditors only"):
        found.advance()
    with following(liar, tmp_path, "of an auditor") as found:
        assert found.advance().size == face.size
        face.down = True
        with pytest.raises(Unreachable, match="503"):
            found.advance()
    assert {path for path, sent in face.asked if sent and "entries" not in path} == set()  # the token goes nowhere else
    face.log = SigningKey(bytes(32))
    with pytest.raises(StoreError, match="another folder"), following(liar, tmp_path):
        pass
