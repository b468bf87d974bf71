"""How values read in each language."""

from __future__ import annotations

import pytest

from suxin.api.formats import Formats
from suxin.api.places import PROVINCES, district
from suxin.api.render import _translations
from suxin.ledger.refs import ClaimedTime, EntryRef, Name, Party, Place
from suxin.trace.record import Fact, RecordRow

ZH, EN = (Formats(lang, _translations(lang)) for lang in ("zh-CN", "en"))
AT = 1_794_040_920_000  # 2026-11-07 16:42 in China
HAM = Name("火腿", "zh-CN", "Ham")


def test_times_are_shown_in_the_signer_s_zone() -> None:
    assert ZH.when(ClaimedTime(AT)) == '<time datetime="2026-11-07T16:42:00+08:00">2026年11月7日 16:42</time>'
    assert EN.when(ClaimedTime(AT)) == '<time datetime="2026-11-07T16:42:00+08:00">7 Nov 2026, 16:42</time>'
    assert "05:42 UTC−3<" in EN.when(ClaimedTime(AT, -180))
    assert "14:12 UTC+5:30<" in ZH.when(ClaimedTime(AT, 330))
    assert "08:42 UTC+0<" in ZH.when(ClaimedTime(AT, 0))
    assert EN.short_day(ClaimedTime(AT)) == '<time datetime="2026-11-07T16:42:00+08:00">7 Nov</time>'
    assert ">11/7<" in ZH.short_day(ClaimedTime(AT))
    assert ">2026年11月8日<" in ZH.day(AT + 8 * 3_600_000)


@pytest.mark.parametrize(
    ("span_ms", "zh", "en"),
    [
        (0, "0 分钟", "0 minutes"),
        (60_000, "1 分钟", "1 minute"),
        (119 * 60_000, "119 分钟", "119 minutes"),
        (120 * 60_000, "2 小时", "2 hours"),
        (-14 * 3_600_000, "14 小时", "14 hours"),
        (47 * 3_600_000, "47 小时", "47 hours"),
        (48 * 3_600_000, "2 天", "2 days"),
        (1_200 * 86_400_000, "1,200 天", "1,200 days"),
    ],
)
def test_spans(span_ms: int, zh: str, en: str) -> None:
    assert (ZH.span(span_ms), EN.span(span_ms)) == (zh, en)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 7, "0.0%"),
        (7, 7, "100.0%"),
        (1, 3, "33.3%"),
        (1, 10_000_000, "0.1%"),
        (9_999_999, 10_000_000, "99.9%"),
        (1, 8, "12.5%"),
    ],
)
def test_shares_never_round_to_none_or_all(part: int, whole: int, shown: str) -> None:
    assert EN.share(part, whole) == shown


def test_numbers() -> None:
    assert EN.number(1_284_771) == "1,284,771"
    assert ZH.grams(999) == "999 g"
    assert EN.grams(2_310) == "2.31 kg"
    assert EN.grams(1_000_000) == "1,000 kg"
    assert EN.bytes(40) == "0.1 kB"
    assert EN.bytes(23_480) == "23.5 kB"
    assert ZH.money(39_900, "CNY") == "¥399.00"
    assert ZH.money(399, "JPY") == "JP¥399"
    assert EN.money(39_900, "BRL") == "R$399.00"
    assert EN.stars(432) == "4.32"


def test_names() -> None:
    assert ZH.name(HAM) == "火腿"
    assert EN.name(HAM) == "Ham"
    assert EN.name(Name("火腿", "zh-CN")) == '<span lang="zh-CN">火腿</span>'
    assert ZH.name(Name("presunto", "pt-BR")) == '<span lang="pt-BR">presunto</span>'
    assert EN.name(Name("<i>", "")) == "&lt;i&gt;"
    assert (ZH.plain(HAM), EN.plain(HAM)) == ("火腿", "Ham")


def test_parties_without_a_name() -> None:
    assert EN.party(Party("anon:x", Name(""), "consumer")) == "a consumer"
    assert ZH.party(Party("dev:x", Name(""), "device")) == "快递终端"
    assert EN.party(Party("uscc:<x>", Name(""), "")) == '<span class="mono">uscc:&lt;x&gt;</span>'


@pytest.mark.parametrize(
    ("place", "zh", "en"),
    [
        (Place("330782"), "浙江省义乌市", 'Zhejiang · <span lang="zh-CN">义乌市</span>'),
        (Place("310115"), "上海市浦东新区", 'Shanghai · <span lang="zh-CN">浦东新区</span>'),
        (Place("320106"), "江苏省南京市鼓楼区", 'Jiangsu · <span lang="zh-CN">南京市鼓楼区</span>'),
        (Place("330000"), "浙江省", "Zhejiang"),
        (Place("SP"), "SP", "SP"),
        (Place("999999"), "999999", "999999"),
        (Place("330106", None, Name("杭州", "zh-CN", "Hangzhou")), "杭州", "Hangzhou"),
        (Place("330106", None, Name("杭州", "zh-CN")), "杭州", 'Zhejiang · <span lang="zh-CN">杭州市西湖区</span>'),
        (Place("", None, Name("杭州", "zh-CN")), "杭州", '<span lang="zh-CN">杭州</span>'),
        (
            Place("310115", Name("上海分拨", "zh-CN", "Hub")),
            "上海分拨 · 上海市浦东新区",
            'Hub · Shanghai · <span lang="zh-CN">浦东新区</span>',
        ),
        (Place(""), "", ""),
    ],
)
def test_places(place: Place, zh: str, en: str) -> None:
    assert (ZH.place(place), EN.place(place)) == (zh, en)


def test_every_province_has_an_english_name() -> None:
    for code in PROVINCES:
        assert district(f"{code}0000")[0], code


@pytest.mark.parametrize(
    ("fact", "zh", "en"),
    [
        (Fact("weight_g", 2_310), ("重量", "2.31 kg"), ("Weight", "2.31 kg")),
        (Fact("method", "locker"), ("交付方式", "智能快件箱"), ("Handed over", "Parcel locker")),
        (Fact("reason", "recipient.absent"), ("原因", "收件方：无人在"), ("Reason", "recipient: nobody there")),
        (Fact("reason", "unknown"), ("原因", "不明"), ("Reason", "unknown")),
        (Fact("price_minor", (39_900, "CNY")), ("售价", "¥399.00"), ("Price", "CN¥399.00")),
        (
            Fact("expires_on", "2027-04-28"),
            ("保质期至", '<time datetime="2027-04-28">2027年4月28日</time>'),
            ("Best before", '<time datetime="2027-04-28">28 Apr 2027</time>'),
        ),
        (
            Fact("since", "2026-11-07T05:42:00-03:00"),
            ("起始", '<time datetime="2026-11-07T05:42:00-03:00">2026年11月7日 05:42 UTC−3</time>'),
            ("Since", '<time datetime="2026-11-07T05:42:00-03:00">7 Nov 2026, 05:42 UTC−3</time>'),
        ),
        (Fact("by_air", False), ("空运", "否"), ("By air", "no")),
        (Fact("dispatch_hours", 48), ("承诺发货时限", "2 天"), ("Dispatch promised within", "2 days")),
        (Fact("after_days", 1), ("发表于", "1 天后"), ("Written", "1 day later")),
        (Fact("delivery", 4), ("投递", "★★★★☆"), ("Delivery", "★★★★☆")),
        (Fact("contents", 1_200), ("箱内件数", "1,200"), ("Items in the parcel", "1,200")),
        (Fact("origin", "330782"), ("始发", "浙江省义乌市"), ("From", 'Zhejiang · <span lang="zh-CN">义乌市</span>')),
        (Fact("carrier", HAM), ("承运企业", "火腿"), ("Carrier", "Ham")),
        (
            Fact("report", "<x>"),
            ("报告", '<span class="mono">&lt;x&gt;</span>'),
            ("Report", '<span class="mono">&lt;x&gt;</span>'),
        ),
        (Fact("answered_min", 312), ("答复用时", "5 小时"), ("Answered after", "5 hours")),
        (Fact("/body/weight_g", 40), ("重量", "40 g"), ("Weight", "40 g")),
        (Fact("/body/place/district", "<z>"), ("/body/place/district", "&lt;z&gt;"), ("/body/place/district", "&lt;z&gt;")),
        (Fact("deliver_by", "soon"), ("承诺送达", "soon"), ("Delivery promised by", "soon")),
        (Fact("made_on", 10**18), ("生产日期", "1,000,000,000,000,000,000"), ("Made on", "1,000,000,000,000,000,000")),
        (Fact("delivery", 9_000_000), ("投递", "9,000,000"), ("Delivery", "9,000,000")),
        (Fact("weight_g", "heavy"), ("重量", "heavy"), ("Weight", "heavy")),
        (Fact("mystery", "<y>"), ("mystery", "&lt;y&gt;"), ("mystery", "&lt;y&gt;")),
    ],
)
def test_facts(fact: Fact, zh: tuple[str, str], en: tuple[str, str]) -> None:
    assert (ZH.fact(fact), EN.fact(fact)) == (zh, en)


def test_paths_lead_to_the_page_in_the_same_language() -> None:
    ref = "a" * 22
    path = f"/w/91512081MA62K0260E/{ref}"
    assert EN.fact(Fact("waybill", path))[1] == f'<a class="mono" href="/en{path}">{ref}</a>'
    assert EN.fact(Fact("waybill", "/elsewhere"))[1] == "/elsewhere", "a correction may say anything, but leads nowhere"


@pytest.mark.parametrize(
    ("kind", "code", "zh", "en"),
    [
        ("scan", "HUB_IN", "到达分拨中心", "Arrived at a sorting centre"),
        ("scan", "", "扫描", "Scanned"),
        ("confirm", "refuses", "快递不予收寄", "Not accepted by the carrier"),
        ("complaint", "delay", "投诉：延误", "Complaint: late delivery"),
        ("complaint", "", "投诉", "Complaint"),
        ("case", "part", "部分成立", "Upheld in part"),
        ("review", "follow", "追评", "Follow-up review"),
        ("listing", "close", "下架", "Taken off sale"),
        ("recall", "finish", "召回结束", "Recall ended"),
        ("review", "", "评价", "Review"),
        ("delivery", "", "签收", "Delivered"),
        ("weighbridge", "x", "weighbridge", "weighbridge"),
    ],
)
def test_titles(kind: str, code: str, zh: str, en: str) -> None:
    row = RecordRow(EntryRef(1, "", 0), kind, ClaimedTime(0), Party("anon:x", Name(""), "consumer"), code)
    assert (ZH.title(row), EN.title(row)) == (zh, en)
