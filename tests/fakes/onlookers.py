"""Who looks at a book: each of them the real thing, in a process or a browser of its own, and what it says of what it is shown.

What one says is a text: `holds`; `fails CODE`; `open CODE`, which is never green; `refuses`, of a server that does not start.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
from fakes.auditing import copy_book
from fakes.bundle_cases import DROP
from fakes.front import Front, fronted
from fakes.liar import until
from fakes.lies import PRODUCT, Lie, Past, Shown, with_note
from fakes.story import Story
from fakes.world import ORIGIN, Said, Signer, World, seed
from playwright.sync_api import Browser, Page, StorageState
from rig.server import SUXIN, Server
from rig.witness import WitnessProcess

from suxin.api.keyring import load_key
from suxin.api.service import wall_clock
from suxin.api.verifier import verifier_html
from suxin.api.witness_show import show
from suxin.client.errors import ReceiptInvalid
from suxin.client.post import Session
from suxin.client.statement import Signed
from suxin.ledger.checkpoint import log_key
from suxin.ledger.cosignature import cosign
from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.limits import CURRENT_MS_MAX
from suxin.ledger.merkle import consistency_path, nodes_of
from suxin.ledger.note import format_signature_lines, format_vkey, parse_note, parse_vkey
from suxin.ledger.witness import format_ask

TOKEN: Final = "of-an-auditor"
SETUPS: Final = ("none", "plain", "full")  # which witnesses the reader's policy asks for
MAX_AGE_S: Final = "86400"  # longer than the tests take
HOUR_MS: Final = 3_600_000
SETTLED: Final = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"
PANEL: Final = """(origin) => {
  const bad = [...document.querySelectorAll("section.proof [data-result]")].map((e) => [e.dataset.state, e.innerText]);
  const kept = JSON.parse(localStorage.getItem(`suxin.contradiction.${origin}`));
  return { state: document.documentElement.dataset.proof, bad, kept: kept?.code ?? "" };
}"""
CODE: Final = re.compile(r"\(([a-z0-9-]+)\)")
REFUSED: Final = re.compile(r"([a-z]+(?:-[a-z]+)+)(?: at index \d+)?:")


def vkey_of(world: World) -> str:
    return format_vkey(log_key(ORIGIN, world.log_key.public))


class Witnesses:
    """A plain and a full witness that have seen the honest book, each in a process of its own.

    Args:
        folder: For their copies.
        before: Folder with what they remember.
        front: What the full one follows.
        words: What each is started with.
    """

    def __init__(self, folder: Path, before: Path, front: Front, words: dict[str, tuple[str, ...]]) -> None:
        self._stack = ExitStack()
        self.by_kind = {}
        for kind in ("plain", "full"):
            shutil.copytree(before / kind, folder / kind)
            more = ("--url", front.url) if kind == "full" else ()
            self.by_kind[kind] = self._stack.enter_context(WitnessProcess(folder / kind, *words[kind], *more))

    def asked(self, kind: str, shown: Shown) -> tuple[str, str]:
        """What one says of a checkpoint, and its lines where it cosigned."""
        witness = self.by_kind[kind]
        (memory,) = show(witness.folder)["logs"]
        old = memory["size"]
        hashes = shown.hashes or [leaf_hash(raw) for raw in shown.leaves]
        path = consistency_path(old, shown.size, nodes_of(hashes)) if 0 < old < shown.size else []
        raw = format_ask(old, path, shown.note)
        end = time.monotonic() + 60
        while (answer := witness.ask(raw)).status_code == 503 and "root-differs" not in answer.text:
            assert time.monotonic() < end, answer.text
            time.sleep(0.05)
        if answer.status_code == 200:
            return "holds", answer.text
        found = REFUSED.search(answer.text)
        return f"fails {found[1] if found else answer.status_code}", ""

    def close(self) -> None:
        self._stack.close()


class Onlookers:
    """All of them, as they are after they have seen the honest book on the real server.

    Attributes:
        past: What everybody has seen.
        front: The address that is lied at.
        others: The address that everybody else looks at.
    """

    def __init__(self, folder: Path, browser: Browser, fronts: tuple[Front, Front]) -> None:
        self.folder, self._browser = folder, browser
        self.front, self.others = fronts
        self._token = folder / "token"
        self._token.write_text(TOKEN + "\n")
        self._lies = 0
        self.witnesses: Witnesses | None = None
        self._files: dict[str, Page] = {}
        data = folder / "book"
        data.mkdir()
        with World(data, now=wall_clock() - 3 * HOUR_MS) as world:
            story = Story(world)
            story.people()
            story.goods()
            story.three_in_a_box()
            self._keys(data)
            shutil.move(data / "marks", folder / "book-marks")
        self.world = world
        self._see(data)

    def _keys(self, data: Path) -> None:
        keys = data / "keys"
        keys.mkdir()
        for name in ("log", "root"):
            (keys / f"{name}.key").write_text(b64u(seed(name)) + "\n")
        (keys / "auditors").write_text(sha256(TOKEN.encode()).hexdigest() + "\n")

    # -- before any lie --------------------------------------------------------------------------------------------

    def _see(self, data: Path) -> None:
        """Have the honest book served, watched, cosigned, read and written to."""
        before = self.folder / "before"
        before.mkdir()
        self._words = {
            "plain": ("--log", vkey_of(self.world), "--name", "plain.example/w"),
            "full": ("--full", "--log", vkey_of(self.world), "--name", "full.example/w", "--credential", str(self._token)),
        }
        with ExitStack() as stack:
            plain = stack.enter_context(WitnessProcess(before / "plain", *self._words["plain"]))
            full = stack.enter_context(WitnessProcess(before / "full", *self._words["full"], "--url", self.front.url))
            self.vkeys = {"plain": plain.vkey, "full": full.vkey}
            options = (f"--witness={plain.url}={plain.vkey}", f"--full-witness={full.url}={full.vkey}")
            server = stack.enter_context(Server(data, *options))
            self.front.behind = self.others.behind = server.url
            self._post()
            until(lambda: all(self._cosigned(server)), 60)
            policy = self._policy("none", "")
            seen = self._watch(before / "monitor", self.front.url, policy)
            assert seen == "holds", seen
            context = self._browser.new_context()
            page = context.new_page()
            seen = self._read(page)
            assert seen == "holds", seen
            self._memory: StorageState = context.storage_state()
            context.close()
        base = copy_book(data / "book.db", self.folder / "base.db")
        self.past = Past(self.world, base, self.folder)

    def _cosigned(self, server: Server) -> list[int]:
        site = httpx.get(f"{server.url}/.well-known/suxin.json").json()
        return list(site["cosigned"].values())

    def _post(self) -> None:
        """Somebody complains, and keeps the receipt."""
        self.world.now = wall_clock()
        who = Signer.nobody("submitter")
        said = self.world.sign(who, "complaint", {"item": PRODUCT}, {"against": "seller", "category": "damaged"})
        with Session(self.front.url, vkey=vkey_of(self.world)) as session:
            receipt = session.post(signed(said))
            assert session.check_streams(receipt, [signed(said)]) == 1
        self._receipt = self.folder / "receipt.note"
        self._receipt.write_text(receipt.checkpoint)

    # -- one lie ---------------------------------------------------------------------------------------------------

    def face(self, lie: Lie) -> dict[str, str]:
        """Let a lie be shown; gives what the witnesses said of it when they were asked to cosign it."""
        if self.witnesses is None:
            self._lies += 1
            folder = self.folder / f"witnesses {self._lies}"
            folder.mkdir()
            self.witnesses = Witnesses(folder, self.folder / "before", self.front, self._words)
        self.lie, self.front.shown = lie, lie.shown
        said = {kind: self.witnesses.asked(kind, lie.shown) for kind in ("plain", "full")}
        reader, everybody = self._cosigned_by(lie.shown, said)
        if lie.others is not lie.shown:
            honest = self.base
            self.front.shown = honest
            everybody = self._cosigned_by(honest, {kind: self.witnesses.asked(kind, honest) for kind in said})[1]
        self.front.shown, self.others.shown = reader, everybody
        return {kind: verdict for kind, (verdict, _) in said.items()}

    def _cosigned_by(self, shown: Shown, said: dict[str, tuple[str, str]]) -> tuple[Shown, Shown]:
        """What a reader is shown, whose clock may be that of the state, and what those are shown whose clock goes on.

        A state that was shown honestly once has the lines of then, also where nobody would cosign it today.
        """
        then = {kind: self._once(kind, shown) if self._honest(shown) else "" for kind in said}
        now = {kind: lines or then[kind] for kind, (_, lines) in said.items()}
        early = then if self._honest(shown) else now
        return with_note(shown, shown.note + "".join(early.values())), with_note(shown, shown.note + "".join(now.values()))

    def _honest(self, shown: Shown) -> bool:
        """Whether the checkpoint is one of those that everybody has seen."""
        return shown.note in self.base.notes.values()

    def _once(self, kind: str, shown: Shown) -> str:
        """The line of a witness under an old state, of then."""
        folder = self.folder / "before" / kind
        name = parse_vkey((folder / "witness.vkey").read_text().strip()).name
        time_s = decode_epoch(shown.leaves[shown.size - 1]).time // 1_000
        return format_signature_lines([cosign(parse_note(shown.note).text, name, load_key(folder / "witness.key"), time_s)])

    def part(self) -> None:
        """The lie is over; witnesses that have cosigned something new have another memory now."""
        if self.lie.grows and self.witnesses:
            self.witnesses.close()
            self.witnesses = None

    @property
    def base(self) -> Shown:
        """The honest book as it is shown to those who are not lied to."""
        if not hasattr(self, "_base"):
            self._base = self.past.publish("base", self.past.forger())[0]
        return self._base

    # -- in the browser --------------------------------------------------------------------------------------------

    def _clock(self) -> int:
        """The reader's, Unix milliseconds: half a minute after what everybody has seen, or after the lie was told."""
        return (self.past.seen if self._honest(self.lie.shown) else self.past.now) + 30_000

    def page_first(self) -> str:
        """Somebody who opens the product's page for the first time."""
        return self._visit(None)

    def page_back(self) -> str:
        """Somebody who has opened it before."""
        return self._visit(self._memory)

    def _visit(self, memory: StorageState | None) -> str:
        context = self._browser.new_context(storage_state=memory)
        try:
            page = context.new_page()
            page.clock.set_fixed_time(self._clock() / 1000)
            return self._read(page)
        finally:
            context.close()

    def _read(self, page: Page) -> str:
        page.goto(f"{self.front.url}/en{PRODUCT}")
        page.wait_for_function(SETTLED, timeout=30_000)
        assert not self.front.trouble, self.front.trouble
        found = page.evaluate(PANEL, ORIGIN)
        if found["state"] == "ok":
            return "holds"
        state = {"fail": "fails", "open": "open"}[found["state"]]
        codes = [CODE.findall(text) for one, text in found["bad"] if one == state]
        return f"{state} {next((one[-1] for one in codes if one), found['kept'] or 'page-differs')}"

    def file(self, setup: str) -> str:
        """The verifier as one file from the disk, with the bundle that the address gave."""
        if setup not in self._files:
            file = self.folder / f"verify {setup}.html"
            file.write_bytes(verifier_html(self._policy_text(setup, "").encode()))
            self._files[setup] = self._browser.new_context(offline=True).new_page()
            self._files[setup].goto(file.as_uri())
        shown = self.front.shown
        assert shown
        (found,) = self._files[setup].evaluate(DROP, [[shown.bundle.decode(), self._clock()]])
        rest = [one for name, one in found["results"].items() if name != "current"]  # how old it is comes last
        results = [*rest, *(one for name, one in found["results"].items() if name == "current")]
        return next((one for one in results if one.startswith("fails")), (*results, "holds")[0])

    # -- from the command line -------------------------------------------------------------------------------------

    def url(self, setup: str) -> str:
        """`suxin verify --url`."""
        words = ("--policy", str(self._policy(setup)), "--credential", str(self._token), "--json")
        value = self._run("verify", "--url", self.others.url, *words)
        if value["verdict"] == "holds" and value["current"]["as_of"] < self.past.seen - CURRENT_MS_MAX:
            assert value["current"]["code"] == "state-old"  # it holds "as of"; the tests themselves take minutes, too
            return "open state-old"
        return said_of(value)

    def monitor(self, setup: str) -> str:
        """`suxin monitor` that has followed the book before."""
        return self._watch(self._again(), self.others.url, self._policy(setup))

    def _again(self) -> Path:
        self._lies += 1
        target = self.folder / f"monitor {self._lies}"
        shutil.copytree(self.folder / "before" / "monitor", target)
        return target

    def _watch(self, folder: Path, url: str, policy: Path, *more: str) -> str:
        words = ("--data", str(folder), "--policy", str(policy), "--credential", str(self._token), "--max-age", MAX_AGE_S)
        return said_of(self._run("monitor", "--url", url, *words, "--once", "--json", *more))

    def kept(self) -> str:
        """Somebody who kept a checkpoint (of a receipt, a bundle, a friend) holds it against what the reader is shown."""
        words = ("--since", str(self._receipt), "--url", self.front.url, "--policy", str(self._policy("none")))
        return said_of(self._run("diff", *words, "--json"))

    def submitter(self) -> str:
        """Somebody who posts now, and checks her receipt and the streams of her entry."""
        said, shown = self.lie.posted or self.past.taken()
        self.front.shown, kept = shown, self.front.shown
        try:
            with Session(self.front.url, vkey=vkey_of(self.world)) as session:
                session.check_streams(session.post(signed(said)), [signed(said)])
        except ReceiptInvalid as error:
            return f"fails {error.code}"
        finally:
            self.front.shown = kept
        return "holds"

    # -- at the operator's -----------------------------------------------------------------------------------------

    def verify(self) -> str:
        """`suxin verify` on the operator's disk."""
        value = self._run("verify", "--data", str(self.lie.data), "--json")
        return "holds" if value["holds"] else f"fails {value['first']['code']}"

    def serve(self) -> str:
        """`suxin serve`, its high-water mark in place."""
        data = self._disk()
        if self.lie.marks:
            shutil.copytree(self.folder / "book-marks", data.with_name(data.name + "-marks"))
            return self._start(data)
        return self._start(data, "--accept-size", str(self.lie.shown.size))

    def serve_witness(self) -> str:
        """`suxin serve`, its high-water mark lost and the operator sure of himself, with a witness to ask."""
        assert self.witnesses
        plain = self.witnesses.by_kind["plain"]
        data = self._disk()
        with closing(sqlite3.connect(data / "book.db")) as connection:
            ((leaves,),) = connection.execute("SELECT size FROM head")
        return self._start(data, "--accept-size", str(leaves), f"--witness={plain.url}={plain.vkey}")

    def _disk(self) -> Path:
        self._lies += 1
        target = self.folder / f"disk {self._lies}"
        shutil.copytree(self.lie.data, target)
        return target

    def _start(self, data: Path, *options: str) -> str:
        server = Server(data, *options)
        try:
            server.start()
        except AssertionError:
            assert "Traceback" not in server.log()
            assert "suxin: " in server.log(), server.log()
            return "refuses"
        server.stop()
        return "holds"

    # -- tools -----------------------------------------------------------------------------------------------------

    def _policy_text(self, setup: str, address: str) -> str:
        lines = [f"log {vkey_of(self.world)}"]
        if setup != "none":
            lines += [f"witness w {self.vkeys[setup]} {address}".rstrip(), *(["full w"] if setup == "full" else [])]
        return "\n".join([*lines, f"quorum {'none' if setup == 'none' else 'w'}", ""])

    def _policy(self, setup: str, address: str | None = None) -> Path:
        if address is None:
            address = self.witnesses.by_kind[setup].url if self.witnesses and setup != "none" else ""
        file = self.folder / f"policy {setup}"
        file.write_text(self._policy_text(setup, address))
        return file

    def _run(self, *words: str) -> dict[str, Any]:
        done = subprocess.run([*SUXIN, *words], capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stdout, done.stderr
        value: dict[str, Any] = json.loads(done.stdout)
        holds = value["holds"] if "holds" in value else value["verdict"]
        assert done.returncode == {True: 0, False: 1, "holds": 0, "fails": 1, "open": 2}[holds], done.stdout
        return value

    def observers(self) -> dict[str, Callable[[], str]]:
        """Everybody but the witnesses, who were asked first, by the name of a column."""
        found: dict[str, Callable[[], str]] = {
            "serve": self.serve, "serve witness": self.serve_witness, "verify": self.verify, "page first": self.page_first,
            "page back": self.page_back, "kept": self.kept, "submitter": self.submitter,
        }  # fmt: skip
        for setup in SETUPS:
            found |= {f"{name} {setup}": self._with(ask, setup) for name, ask in
                      (("file", self.file), ("url", self.url), ("monitor", self.monitor))}  # fmt: skip
        return found

    def _with(self, ask: Callable[[str], str], setup: str) -> Callable[[], str]:
        return lambda: ask(setup)

    def close(self) -> None:
        if self.witnesses:
            self.witnesses.close()


def signed(said: Said) -> Signed:
    """As the client sends it."""
    return Signed(said.statement.type, said.statement.raw, said.statement.hash, said.signature)


def said_of(value: dict[str, Any]) -> str:
    """What a command's JSON comes to."""
    return "holds" if value["verdict"] == "holds" else f"{value['verdict']} {value['first']['code']}"


@contextmanager
def looking(folder: Path, browser: Browser) -> Iterator[Onlookers]:
    """All of them, until the block ends."""
    with fronted(TOKEN) as front, fronted(TOKEN) as others:
        onlookers = Onlookers(folder, browser, (front, others))
        try:
            yield onlookers
        finally:
            onlookers.close()
