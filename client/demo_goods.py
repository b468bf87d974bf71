"""The goods of the invented world: what each shop sells, with GTINs that check. Pure.

GS1 keeps the prefix 952 for demonstrations and examples, so no product anywhere carries one of these numbers. One shop has
no barcodes and numbers its goods itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdnum import ean

from .demo_firms import FIRMS

_PREFIX: Final = "0952"
_ACTORS: Final = {firm.name: firm for firm in FIRMS}
OWN_NUMBERS: Final = "muli"  # sells wood work without barcodes


@dataclass(frozen=True, slots=True)
class Goods:
    """One class of goods.

    Attributes:
        maker: `name` of the firm that makes and sells it.
        key: Class key, `/01/{gtin14}` or `/s/{uscc}/{sku}`.
        zh: Title in Chinese.
        en: Title in English.
        category: As a listing says it.
        price_minor: Price in fen.
        grams: Weight of one.
        lots: Lot numbers in use, oldest first; empty for goods without lots.
    """

    maker: str
    key: str
    zh: str
    en: str
    category: str
    price_minor: int
    grams: int
    lots: tuple[str, ...]

    @property
    def offer(self) -> str:
        """The maker's own offer of it."""
        return _ACTORS[self.maker].actor + self.key


def invent_gtin(firm: int, number: int) -> str:
    """A GTIN-14 out of the range for examples.

    Args:
        firm: 0 to 9,999.
        number: 0 to 99,999.
    """
    body = f"{_PREFIX}{firm:04d}{number:05d}"
    return body + ean.calc_check_digit(body)


# maker: category, lots, then rows of Chinese title, English title, price in fen, grams
_SHELVES: Final[dict[str, tuple[str, tuple[str, ...], tuple[tuple[str, str, int, int], ...]]]] = {
    "yunxi": ("general", ("P2609", "P2610"), (
        ("竹节中性笔 0.5 mm 十二支", "Gel pens 0.5 mm, bamboo barrel, 12", 2_680, 160),
        ("横线笔记本 A5 三册", "Ruled notebooks A5, set of 3", 3_590, 620),
        ("水彩颜料 二十四色", "Watercolours, 24 pans", 6_900, 540),
        ("毛毡书写垫", "Felt writing mat", 4_500, 410),
        ("黄铜书签 一对", "Brass bookmarks, pair", 2_200, 60),
        ("儿童安全剪刀", "Children's safety scissors", 1_280, 75),
        ("桌面文件架", "Desk file rack", 5_800, 1_250),
    )),
    "shanyue": ("food", ("H0826", "H0917", "H1008"), (
        ("切片火腿 真空装 200 克", "Sliced cured ham, vacuum pack 200 g", 5_880, 230),
        ("整腿火腿 礼盒 2.5 公斤", "Whole cured ham, gift box 2.5 kg", 42_800, 3_400),
        ("火腿月饼 六枚", "Ham mooncakes, 6", 9_600, 520),
        ("梅干菜酥饼 十二枚", "Crisp cakes with preserved greens, 12", 3_200, 460),
        ("藕粉 罐装 500 克", "Lotus root starch, tin 500 g", 4_980, 640),
        ("佛手蜜饯 250 克", "Candied finger citron 250 g", 3_880, 300),
        ("手工索面 1 公斤", "Hand-pulled noodles 1 kg", 2_980, 1_060),
    )),
    "tingquan": ("farm_food", ("SPRING-1", "AUTUMN-1"), (
        ("明前绿茶 铁罐 100 克", "Early spring green tea, tin 100 g", 26_800, 190),
        ("雨前绿茶 袋装 250 克", "Spring green tea, pouch 250 g", 18_600, 290),
        ("九曲红茶 铁罐 150 克", "Black tea, tin 150 g", 15_800, 240),
        ("桂花乌龙 200 克", "Oolong with osmanthus 200 g", 12_800, 260),
        ("茉莉花茶 200 克", "Jasmine tea 200 g", 9_800, 260),
        ("径山抹茶粉 80 克", "Matcha powder 80 g", 8_600, 120),
        ("白茶饼 300 克", "White tea cake 300 g", 22_000, 360),
    )),
    "wuheng": ("general", (), (
        ("亚麻抱枕套 45 厘米", "Linen cushion cover 45 cm", 5_900, 180),
        ("棉麻桌布 140×220 厘米", "Cotton and linen table cloth 140 x 220 cm", 12_900, 720),
        ("骨瓷马克杯", "Bone china mug", 6_800, 380),
        ("竹纤维浴巾 一对", "Bamboo fibre bath towels, pair", 9_900, 860),
        ("黄铜香插", "Brass incense holder", 7_600, 210),
        ("LED 阅读台灯", "LED reading lamp", 19_900, 1_350),
        ("铸铁小锅 20 厘米", "Cast iron pan 20 cm", 16_800, 2_100),
    )),
    "muli": ("general", (), (
        ("胡桃木餐椅", "Walnut dining chair", 68_000, 5_600),
        ("榉木书架 三件装", "Beech bookcase in three boxes", 158_000, 41_000),
        ("香樟木箱", "Camphor wood chest", 46_000, 7_800),
        ("榫卯笔筒", "Joined pen pot", 8_800, 420),
        ("樱桃木砧板", "Cherry chopping board", 15_600, 1_700),
    )),
    "xingyao": ("general", (), (
        ("手机支架", "Phone stand", 990, 90),
        ("数据线 1 米", "Charging cable 1 m", 1_290, 45),
        ("蓝牙耳塞", "Bluetooth earbuds", 9_900, 110),
    )),
}  # fmt: skip


def stock() -> tuple[Goods, ...]:
    """All goods, in the order of the shelves."""
    found = []
    for firm, (maker, (category, lots, rows)) in enumerate(_SHELVES.items(), 1):
        for number, (zh, en, price_minor, grams) in enumerate(rows, 1):
            own = f"/s/{_ACTORS[maker].uscc}/ML-{number:03d}"
            key = own if maker == OWN_NUMBERS else f"/01/{invent_gtin(firm, number)}"
            found.append(Goods(maker, key, zh, en, category, price_minor, grams, lots))
    return tuple(found)


def find_goods(maker: str, number: int) -> Goods:
    """One shop's goods by their place on its shelf, from 0."""
    return [goods for goods in stock() if goods.maker == maker][number]
