"""The firms of the invented world: shops, couriers, a platform, a warehouse, a locker firm, a laboratory, two offices. Pure.

Nobody is meant. Every code passes the check that the book makes, and yet no firm can have it: the organisation code inside
(characters 9 to 17) carries a check character of its own, and here that one is always wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdnum.cn import uscc

_VALUES: Final = {sign: value for value, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714


@dataclass(frozen=True, slots=True)
class Firm:
    """One registered party.

    Attributes:
        name: How this program calls it.
        actor: Actor id.
        role: Role in the book.
        zh: Name in Chinese.
        en: Name in English.
        district: Where it sits, GB/T 2260.
        owner: `name` of the firm that controls it, "" for none.
        key_holder: `name` of the firm that holds its key's secret, "" for itself.
        licence: Licence number, "" for none.
    """

    name: str
    actor: str
    role: str
    zh: str
    en: str
    district: str
    owner: str = ""
    key_holder: str = ""
    licence: str = ""

    @property
    def uscc(self) -> str:
        """Its 18 characters; of an office there are none."""
        return self.actor.partition(":")[2]


def organisation_check(body: str) -> str:
    """Check character of an organisation code's first eight characters.

    Source: GB 11714-1997 section 4.
    """
    left = 11 - sum(weight * _VALUES[sign] for weight, sign in zip(_WEIGHTS, body, strict=True)) % 11
    return {10: "X", 11: "0"}.get(left, str(left))


def invent_uscc(district: str, body: str) -> str:
    """A unified social credit code that checks and that nobody can have.

    Args:
        district: GB/T 2260 code of the registering office.
        body: First eight characters of the organisation code.
    """
    right = organisation_check(body)
    wrong = "0" if right == "X" else str((int(right) + 1) % 10)
    code = f"91{district}{body}{wrong}"
    return code + uscc.calc_check_digit(code)


def _company(name: str, role: str, zh: str, en: str, district: str, body: str, **more: str) -> Firm:
    return Firm(name, f"uscc:{invent_uscc(district, body)}", role, zh, en, district, **more)


FIRMS: Final = (
    _company("xiji", "platform", "溪集商城", "Xiji Mall", "330110", "MA2XJ001"),
    _company("yunxi", "merchant", "云溪纸笔", "Yunxi Stationery", "330782", "MA2YX002"),
    _company("shanyue", "merchant", "山月腌坊", "Shanyue Cured Foods", "330702", "MA28Y003"),
    _company("tingquan", "merchant", "听泉茶事", "Tingquan Tea", "330106", "MA2TQ004"),
    _company("wuheng", "merchant", "梧衡家居", "Wuheng Home", "310104", "MA2WH005", key_holder="xiji"),
    _company("muli", "merchant", "木里榫作", "Muli Joinery", "330783", "MA2MU006"),
    _company("holding", "merchant", "朔光控股", "Shuoguang Holding", "330782", "MA2HG007"),
    _company("xingyao", "merchant", "星曜优品", "Xingyao Select", "330782", "MA2XY008", owner="holding"),
    _company("cangting", "warehouse", "仓庭云仓", "Cangting Warehouse", "330782", "MA2CT009"),
    _company("jieyan", "courier", "捷雁速递", "Jieyan Express", "330702", "MA2JY010", licence="KD-3307-0010"),
    _company("qingluan", "courier", "青鸾快运", "Qingluan Express", "330110", "MA2QN011", licence="KD-3301-0011"),
    _company("jiangfan", "courier", "江帆物流", "Jiangfan Parcel", "310118", "MA2JF012", licence="KD-3101-0012"),
    _company("suyi", "courier", "速翼直达", "Suyi Direct", "330782", "MA2UY013", owner="holding", licence="KD-3307-0013"),
    _company("linhe", "station", "邻禾智柜", "Linhe Lockers", "330106", "MA2LH014"),
    _company("heming", "lab", "衡鸣检测", "Hengming Testing", "330703", "MA2HM015"),
    Firm("market", "auth:market:330700", "regulator", "金华市场监管（演示）", "Jinhua market office (demo)", "330700"),
    Firm("postal", "auth:postal:330700", "regulator", "金华邮政管理（演示）", "Jinhua postal office (demo)", "330700"),
)
