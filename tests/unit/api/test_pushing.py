"""Pushes: partners hear of a repair until they confirm it in the book, a company of a warning once; over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.command import suxin
from fakes.filing import DAY, File
from fakes.world import BOOK
from rig.receiver import Receiver

from suxin.api.partners import PARTNERS_MAX, Partner, read_partners, with_partner
from suxin.api.pushing import AGAIN_MS, Pushes, pushes
from suxin.courier.dossier import dossier_of
from suxin.courier.errors import CreditError
from suxin.ledger.moment import moment_text


def test_partners_are_told_of_a_repair_until_they_confirm_it() -> None:
    file = File()
    penalty = file.penalty()
    repair = file.repair(penalty, partners=[file.platform.actor, file.shop.actor])
    sender = Pushes()

    def tell(later_ms: int = 0) -> list[str]:
        dossier = dossier_of(file.entries, file.tale.now)
        addresses = {file.platform.actor: receiver.url}  # the shop has none
        return sender.send(pushes(dossier, BOOK, file.courier.actor), addresses, file.tale.now + later_ms)

    with Receiver() as receiver:
        receiver.status = 503
        assert tell() == [f"{file.platform.actor} push failed"]
        receiver.status = 204
        assert tell() == [f"{file.platform.actor} push taken"]  # at once: the last one was not
        assert tell(AGAIN_MS - 1) == []
        assert tell(AGAIN_MS) == [f"{file.platform.actor} push taken"]
        file.tale.confirm(file.platform, repair, "received")
        assert tell(2 * AGAIN_MS) == []
    assert receiver.came == [receiver.came[0]] * 3
    told = receiver.came[0]
    assert (told["statement"], told["of"], told["index"]) == (repair.name, penalty.name, repair.index)
    assert (told["to"], told["company"], told["book"]) == (file.platform.actor, file.courier.actor[5:], BOOK)
    assert told["confirm_by"] == moment_text(repair.received_ms + DAY)
    assert penalty.statement.body.number not in str(told)  # type: ignore[union-attr]


def test_a_company_is_told_of_a_warning_once_and_only_before_it_is_public() -> None:
    file = File()
    notice = file.notice()
    sender, addresses = Pushes(), dict[str, str]()
    found = list(pushes(dossier_of(file.entries, file.tale.now), BOOK, file.courier.actor))
    assert [(one.to, one.about, one.once) for one in found] == [(file.courier.actor, notice.name, True)]
    with Receiver() as receiver:
        addresses[file.courier.actor] = receiver.url
        assert sender.send(iter(found), addresses, 0) == [f"{file.courier.actor} push taken"]
        assert sender.send(iter(found), addresses, 100 * DAY) == []
    assert receiver.came[0]["grounds"] == ["appeals"]
    later = dossier_of(file.entries, file.tale.now + 30 * DAY)
    assert list(pushes(later, BOOK, file.courier.actor)) == []
    assert Pushes().send(iter(found), addresses, 0) == [f"{file.courier.actor} push failed"]  # nobody listens any more


def test_the_command_keeps_the_addresses_and_says_what_is_wrong(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    assert suxin("courier", "partner", "add", "91110000600037341L", "https://a.example/told", *data).returncode == 0
    assert suxin("courier", "partner", "add", "91110000600037341L", "https://b.example/told", *data).returncode == 0
    assert suxin("courier", "partner", "list", *data).stdout == "91110000600037341L  https://b.example/told\n"
    refused = suxin("courier", "partner", "add", "91110000600037341X", "https://a.example/told", *data)
    assert (refused.returncode, "last character does not fit" in refused.stderr) == (1, True), refused.stderr
    assert suxin("courier", "partner", "remove", "91110000600037341L", *data).returncode == 0
    assert read_partners(tmp_path) == ()


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https:///told", "https://me:secret@a.example/", "told", "https://a.example/\n"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CreditError, match="is no address"):
        with_partner((), Partner("uscc:91110000600037341L", url))
    many = tuple(Partner(f"uscc:{number:018d}", "https://a.example/") for number in range(PARTNERS_MAX))
    with pytest.raises(CreditError, match="at most"):
        with_partner(many, Partner("uscc:91110000600037341L", "https://a.example/"))
