"""The power fails: what was synced is there, of the rest some. A real server is recorded once and cut at many moments."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.aftermath import BOOK, examine
from faults.power import Disk, Luck, Record, acknowledge, records
from faults.shim import environment
from faults.traffic import Traffic
from rig.server import Server

from suxin.client.statement import Signed

CUTS, CUTS_SOAK = 3, 100
EACH = 12  # statements acknowledged between two ends of the server


def recorded(tmp_path: Path, shim: Path, ends: tuple[str, ...]) -> tuple[list[Record], dict[bytes, Signed]]:
    """Serve a new book until each of the ends; what the disk saw, and what was acknowledged."""
    root, journal = tmp_path / "disk", tmp_path / "journal"
    root.mkdir()
    server = Server(root / "data", "--sandbox", "--origin", BOOK)
    server.environment |= environment(shim, root, journal)
    with Traffic(server.url, lambda signed: acknowledge(journal, signed.hash)) as traffic:
        for end in ends:
            server.start()
            traffic.wait(EACH)
            server.stop() if end == "stop" else server.kill()
    return list(records(journal)), {signed.hash: signed for signed in traffic.acknowledged}


def moments(seen: list[Record], count: int, dice: random.Random) -> list[int]:
    """Cuts spread over the recording: before and after a sync most of all, for there the rules change."""
    syncs = [at for at, record in enumerate(seen) if record.op in b"SRAU"]
    return sorted(min(len(seen), max(1, dice.choice(syncs) + dice.randrange(2))) for _ in range(count))


@pytest.mark.timeout(1_200)
def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path, shim: Path, soak: bool, tell: Callable[[str], None]) -> None:
    ends = ("stop", "kill", "kill", "stop", "kill", "stop", "kill") if soak else ("stop",)
    seen, said = recorded(tmp_path, shim, ends)
    dice = random.Random(20261122)
    cuts = moments(seen, CUTS_SOAK if soak else CUTS, dice)
    disk, done = Disk(tmp_path / "disk"), 0
    for number, moment in enumerate(cuts):
        for record in seen[done:moment]:
            disk.do(record)
        done = moment
        luck: Luck = ("none", "some", "all")[number % 3]
        place = tmp_path / "after"
        place.mkdir()
        disk.cut(place, luck, seed=number)
        acknowledged = [said[name] for name in disk.acknowledged]
        try:
            examine(place, acknowledged)
        except Exception as error:
            raise AssertionError(
                f"after {moment} of {len(seen)} changes, luck {luck}, {len(acknowledged)} known: {error}"
            ) from error
        shutil.rmtree(place)
        if (number + 1) % 20 == 0:
            tell(f"{number + 1} of {len(cuts)} power cuts, {len(acknowledged)} statements acknowledged before this one")
    assert disk.acknowledged
