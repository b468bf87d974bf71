"""Evidence packages of a told world: the same bytes each time, checked from what is in them, and no edit goes unseen."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.forger import Forger
from fakes.story import HAM, item, tell
from fakes.world import ORIGIN, Signer, World, company
from typer.testing import CliRunner

from suxin.api.cli import app
from suxin.api.package import MANIFEST, PackageReader
from suxin.api.package_check import PackageReport, check_package
from suxin.api.package_make import Query
from suxin.api.package_run import check_file, pack
from suxin.ledger import canonical
from suxin.ledger.bundle_verify import log_policy
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import StoreError, VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.policy import format_policy, parse_policy
from suxin.ledger.store.book import Book

PRODUCT, COURIER, SPAN = "product", "courier", "span"
Edit = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


def query_of(kind: str, world: World) -> Query:
    if kind == PRODUCT:
        key = next(name[2:] for _, name in world.book.all_streams() if name.startswith(f"p:{HAM}/21/"))
        return Query(product=key, words={"product": key})
    if kind == COURIER:
        return Query(courier=company(5), words={"courier": company(5)})
    moments = sorted(row["received"] for row in map(json.loads, (body for _, body in world.book.leaves(1))) if "received" in row)
    return Query(span=(moments[len(moments) // 3], moments[2 * len(moments) // 3]), words={"from": "a", "to": "b"})


@pytest.fixture(scope="module", params=(PRODUCT, COURIER, SPAN))
def packed(request: pytest.FixtureRequest, told: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    path = tmp_path_factory.mktemp("packed") / "evidence.zip"
    _, count = pack(told.book, query_of(request.param, told), path, vault=told.vault)
    assert count > 5
    return request.param, path


def policy_of(world: World) -> bytes:
    return format_policy(log_policy(ORIGIN, [world.log_key.public]))


def checked(path: Path, world: World) -> PackageReport:
    reader = PackageReader(path)
    try:
        return check_package(reader, parse_policy(policy_of(world)), world.now)
    finally:
        reader.close()


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as found:
        return {name: found.read(name) for name in found.namelist()}


def repack(path: Path, files: dict[str, bytes], *, listed: bool) -> Path:
    """Write files as a package; `listed`: with a manifest made to fit, as a forger would."""
    if listed:
        manifest = json.loads(files[MANIFEST])
        from hashlib import sha256

        manifest["files"] = [
            {"bytes": len(data), "path": name, "sha256": b64u(sha256(data).digest())}
            for name, data in sorted(files.items())
            if name != MANIFEST
        ]
        files = files | {MANIFEST: canonical.dump(manifest)}
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def test_the_same_question_gives_the_same_bytes(packed: tuple[str, Path], told: World, tmp_path: Path) -> None:
    kind, path = packed
    pack(told.book, query_of(kind, told), tmp_path / "again.zip", vault=told.vault)
    assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()


def test_a_package_holds_by_itself(packed: tuple[str, Path], told: World) -> None:
    kind, path = packed
    report = checked(path, told)
    assert report.origin == ORIGIN
    assert report.entries == sum(name.endswith("/leaf.json") for name in files_of(path))
    assert (report.bundle, report.span is not None) == (kind == PRODUCT, kind == SPAN)
    assert report.streams > 2


def test_what_is_in_it_can_be_read(packed: tuple[str, Path], told: World) -> None:
    files = files_of(packed[1])
    assert files["entries.csv"].startswith("\ufeff序号,类型,".encode())
    rows = list(csv.DictReader(files["entries.csv"].decode("utf-8-sig").splitlines()))
    assert [f"{row['文件夹']}/leaf.json" in files for row in rows] == [True] * len(rows)
    keys = {row["密钥编号"] for row in csv.DictReader(files["keys.csv"].decode("utf-8-sig").splitlines())}
    assert {row["密钥编号"] for row in rows} == keys
    for lang, word in (("zh-cn", "证据"), ("en", "Evidence")):
        report = files[f"report.{lang}.html"].decode()
        assert word in report
        assert all(f"<td>{row['序号']}</td>" in report for row in rows)
    assert b"<script" in files["verify.html"]


def test_the_company_and_what_is_said_of_it_are_there_whole(told: World, tmp_path: Path) -> None:
    pack(told.book, query_of(COURIER, told), tmp_path / "e.zip")
    streams = {row["stream"]: row["entries"] for row in json.loads(files_of(tmp_path / "e.zip")["streams.json"])["streams"]}
    for name in (f"c:{company(5)}", f"a:uscc:{company(5)}", f"k:uscc:{company(5)}"):
        assert streams[name] == [index for _, index, _ in told.book.stream_rows(name)]
    assert not [name for name in files_of(tmp_path / "e.zip") if name.endswith("opened.json")]


def edit_statement(files: dict[str, bytes]) -> None:
    name = next(name for name in sorted(files) if name.endswith("/statement.json"))
    files[name] = files[name].replace(b'"n":1', b'"n":2', 1) if b'"n":1' in files[name] else files[name] + b" "


def edit_leaf(files: dict[str, bytes]) -> None:
    name = next(name for name in sorted(files, reverse=True) if name.endswith("/leaf.json"))
    files[name] = files[name].replace(b'"received":1', b'"received":2', 1)


def drop_entry(files: dict[str, bytes]) -> None:
    folder = next(name for name in sorted(files, reverse=True) if name.endswith("/leaf.json")).removesuffix("leaf.json")
    for name in [name for name in files if name.startswith(folder)]:
        del files[name]


def edit_table(files: dict[str, bytes]) -> None:
    files["entries.csv"] = files["entries.csv"].replace("单独".encode(), "批次".encode(), 1)


def edit_keys(files: dict[str, bytes]) -> None:
    files["keys.json"] = files["keys.json"].replace(b'"added":', b'"added":1', 1)


def edit_note(files: dict[str, bytes]) -> None:
    files["checkpoint.txt"] = files["checkpoint.txt"].replace(b"\n", b"\nx", 1)


def edit_state(files: dict[str, bytes]) -> None:
    files[MANIFEST] = files[MANIFEST].replace(b'"epoch":', b'"epoch":1', 1)


def edit_genesis(files: dict[str, bytes]) -> None:
    files["genesis.json"] = files["genesis.json"].replace(b'"sandbox":true', b'"sandbox":false')


def shorten_stream(files: dict[str, bytes]) -> None:
    value = json.loads(files["streams.json"])
    max(value["streams"], key=lambda row: len(row["entries"]))["entries"].pop()
    files["streams.json"] = canonical.dump(value)


@pytest.mark.parametrize(
    "edit", [edit_statement, edit_leaf, drop_entry, edit_table, edit_keys, edit_note, edit_state, edit_genesis, shorten_stream]
)
@pytest.mark.parametrize("listed", [False, True], ids=["the manifest as it was", "a manifest made to fit"])
def test_no_edit_goes_unseen(packed: tuple[str, Path], told: World, tmp_path: Path, edit: Edit, listed: bool) -> None:
    if edit is shorten_stream and "streams.json" not in files_of(packed[1]):
        return
    files = files_of(packed[1])
    before = dict(files)
    edit(files)
    assert files != before
    path = repack(tmp_path / "edited.zip", files, listed=listed)
    with pytest.raises(VerificationError) as caught:
        checked(path, told)
    if not listed and edit is not edit_state:
        assert caught.value.code == "package-changed"


def test_a_key_that_a_stranger_added_counts_in_no_package(told: World, tmp_path: Path) -> None:
    """An operator may sign for such an entry; whoever opens the package must not take the thief's words for the firm's."""
    forger = Forger(told, told.folder / "book.db")
    firm, stranger = (next(s for s in forger.keys.values() if s.actor == f"uscc:{company(n)}") for n in (1, 4))
    thief = forger.keys[Signer.new(firm.actor, "thief").key_text] = Signer.new(firm.actor, "thief")
    forger.add(stranger, "key", {"party": firm.actor}, {"event": "add", "key": thief.public})
    waybill = {"waybill": f"{company(5)}/{'z' * 22}"}
    forger.add(thief, "complaint", waybill, {"against": "carrier", "category": "lost"})
    with Book.open(forger.publish(tmp_path)) as book:
        pack(book, query_of(COURIER, told), tmp_path / "package.zip")
    with pytest.raises(VerificationError) as refused:
        checked(tmp_path / "package.zip", told)
    assert refused.value.code == "rules-refused"


def test_a_log_that_the_reader_does_not_know_is_never_green(packed: tuple[str, Path], tmp_path: Path) -> None:
    stranger = tmp_path / "policy"
    stranger.write_bytes(format_policy(log_policy("suxin.example/stranger/1", [SigningKey(bytes(32)).public])))
    assert check_file(packed[1], stranger, as_json=False) == 2


def test_files_that_are_no_package_are_refused(tmp_path: Path, told: World) -> None:
    for name, data in (("text", b"hello"), ("empty", b""), ("cut", b"PK\x03\x04" + bytes(40))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(VerificationError, match="package-malformed"):
            checked(tmp_path / name, told)
    with pytest.raises(StoreError, match="cannot be read"):
        checked(tmp_path / "nowhere", told)


def test_nothing_is_left_of_what_could_not_be_packed(told: World, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is recorded"):
        pack(told.book, Query(courier=company(99), words={}), tmp_path / "e.zip")
    with pytest.raises(StoreError, match="nothing is recorded"):
        pack(told.book, Query(span=(1, 2), words={}), tmp_path / "e.zip")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "e.zip").write_bytes(b"mine")
    with pytest.raises(StoreError, match="there already"):
        pack(told.book, query_of(COURIER, told), tmp_path / "e.zip")
    assert (tmp_path / "e.zip").read_bytes() == b"mine"


def test_an_item_nobody_wrote_about_fills_no_package(told: World, tmp_path: Path) -> None:
    key = item(HAM, 99_999_999)
    with pytest.raises(StoreError, match="nothing is recorded"):
        pack(told.book, Query(product=key, words={"product": key}), tmp_path / "e.zip")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--product", "/01/1/21/x"], "an item is"),
        (["--courier", "91510000X0000000XX"], "check-digit"),
        (["--from", "2026-11-01"], "stand together"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "before"),
        (["--courier", "a", "--product", "b"], "one of"),
        ([], "one of"),
        (["--check", "x.zip"], "asks for"),
    ],
)
def test_questions_that_are_none_are_refused(words: list[str], shown: str) -> None:
    done = CliRunner().invoke(app, ["evidence", *words])
    assert done.exit_code != 0
    assert shown in done.output + str(done.exception)
