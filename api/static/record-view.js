// Written by `python -m suxin.api.record_terms` from the server's own tables; never edit by hand.
import { H, cat, e, get, or, reject, t } from "./record-draw.js";
function icon(c, _id) {
let o = "";
o += '<svg class="i" aria-hidden="true"><use href="' + e(c.static_url("icons.svg")) + "#" + e(_id) + '"/></svg>';
return new H(o);
}
function tag(c, _kind, _id, _text) {
let o = "";
o += '<span class="tag t-' + e(_kind) + '">' + e(icon(c, _id)) + e(_text) + "</span>";
return new H(o);
}
function party(c, _who) {
let o = "";
if (t(_who.path)) {
o += '<a href="/' + e(c.lang) + e(_who.path) + '">' + e(c.f.party(_who)) + "</a>";
} else {
o += e(c.f.party(_who));
}
return new H(o);
}
function parties(c, _all) {
let o = "";
for (const [at, _who] of [..._all].entries()) {
const last = at === _all.length - 1;
o += e(party(c, _who));
if (!t(last)) {
o += e(c.say(0));
}
}
return new H(o);
}
function stars(c, _count) {
let o = "";
o += '<span class="stars" role="img" aria-label="' + e(c.say(1, {n: _count})) + '">' + e("★".repeat(_count)) + e("☆".repeat((5 - _count))) + "</span>";
return new H(o);
}
function entry(c, _ref) {
let o = "";
o += '<a href="/v1/entries/' + e(_ref.index) + '">' + e(c.say(2, {n: c.f.number(_ref.index)})) + "</a>";
return new H(o);
}
function steps(c, _all) {
let o = "";
o += '<ol class="steps" aria-label="' + e(c.say(3)) + '">\n';
for (const _step of _all) {
o += "<li";
if ((_step.state !== "done")) {
o += ' class="s-' + e(_step.state) + '"';
}
if ((_step.state === "now")) {
o += ' aria-current="step"';
}
o += "><span>" + e(icon(c, get({"listing": "tag", "sale": "cart", "dispatch": "box", "consign": "box", "pickup": "hand", "transit": "truck", "out_for_delivery": "truck", "delivery": "home", "review": "star", "complaint": "msg"}, _step.name, "dash"))) + "</span>" + e(c.word("STEPS", _step.name)) + "\n";
if (t(_step.note)) {
o += "<small>" + e(c.word("STEP_NOTES", _step.note)) + "</small>\n";
} else if (t(_step.at)) {
o += "<small>" + e(c.f.short_day(_step.at)) + "</small>\n";
} else if ((_step.state === "none")) {
o += '<small><span class="vh">' + e(c.say(4)) + '</span><i aria-hidden="true">–</i></small>\n';
}
o += "</li>\n";
}
o += "</ol>\n";
return new H(o);
}
function standing(c, _now) {
let o = "";
o += '<div class="now">' + e(icon(c, get({"delivered": "home", "received": "home", "listed": "tag", "sold": "cart", "lost": "warn", "damaged": "warn", "held": "warn", "refused": "back", "returning": "back", "returned": "back", "stale": "clock", "delayed": "clock", "attempt_failed": "warn", "ready_for_pickup": "box", "dispatched": "box"}, _now.code, "truck"))) + "<div>\n<p><strong>" + e(c.word("STANDINGS", _now.code));
if (t(_now.place)) {
o += " · " + e(c.f.place(_now.place));
}
o += '</strong></p>\n<p class="s mut">' + e(c.f.when(_now.time));
if (!(_now.late_ms === null)) {
o += " · <span";
if ((_now.late_ms > 0)) {
o += ' class="late"';
}
o += ">";
if (((_now.late_ms > 0) && ["delivered", "received"].includes(_now.code))) {
o += e(c.say(5, {time: c.f.span(_now.late_ms)}));
} else if ((_now.late_ms > 0)) {
o += e(c.say(6, {time: c.f.span(_now.late_ms)}));
} else if (["delivered", "received"].includes(_now.code)) {
o += e(c.say(7, {time: c.f.span(_now.late_ms)}));
} else {
o += e(c.say(8)) + " " + e(c.f.moment(_now.promised_ms, _now.time.offset_min));
}
o += "</span>";
}
if (t(_now.complaints_open)) {
o += ' · <span class="late">' + e(c.many(9, _now.complaints_open, {n: c.f.number(_now.complaints_open)})) + "</span>";
}
if (t(_now.complaints_closed)) {
o += " · " + e(c.many(10, _now.complaints_closed, {n: c.f.number(_now.complaints_closed)}));
}
o += "</p>\n</div></div>\n";
return new H(o);
}
function withheld(c, _all) {
let o = "";
if (t(_all)) {
o += '<section class="card" aria-labelledby="wh"><h2 id="wh">' + e(c.many(11, _all.length, {n: c.f.number(_all.length)})) + '</h2>\n<p class="s mut">' + e(c.say(12)) + '</p>\n<ul class="list">\n';
for (const _row of _all) {
o += "<li><b>" + e(c.word("KINDS", _row.kind)) + "</b> · " + e(c.word("GROUNDS", _row.ground)) + '<br><span class="s mut">' + e(entry(c, _row.ref)) + e(c.say(13)) + e(c.say(14)) + " " + e(entry(c, _row.by)) + "</span></li>\n";
}
o += "</ul></section>\n";
}
return new H(o);
}
function label(c, _hri) {
let o = "";
o += '<section class="card qr" aria-labelledby="qrh"><h2 id="qrh">' + e(c.say(15)) + "</h2>\n";
const _code = c.draw_qr(c.address);
o += '<svg class="code" viewBox="0 0 ' + e(_code.size) + " " + e(_code.size) + '" shape-rendering="crispEdges" role="img" aria-label="' + e(c.say(16)) + '"><path fill="#fff" d="M0 0h' + e(_code.size) + "v" + e(_code.size) + 'H0z"/><path fill="#000" d="' + e(_code.svg_path()) + '"/></svg>\n<p class="hri mono">';
for (const _part of _hri) {
o += "<span>" + e(_part) + "</span> ";
}
o += '</p>\n<dl class="kv"><dt>' + e(c.say(17)) + '</dt><dd class="mono">' + e(c.address) + "</dd>\n<dt>" + e(c.say(18)) + '</dt><dd class="mono">' + e(c.site.origin) + "</dd>\n<dt>" + e(c.say(19)) + '</dt><dd class="mono">' + e(c.site.key_id) + "</dd></dl>\n</section>\n";
return new H(o);
}
function evidence(c, _found) {
let o = "";
o += '<p class="evd"><b class="gr gr-' + e(_found.grade) + '"><span class="vh">' + e(c.say(20)) + " </span>" + e(_found.grade) + "</b>\n<span><b>" + e(c.word("GRADES", _found.grade)) + "</b> · " + e(c.word("GRADE_REASONS", _found.reason));
if (t(_found.parties)) {
o += " · " + e(c.say(21)) + e(c.say(22)) + e(parties(c, _found.parties));
}
o += "</span></p>\n";
return new H(o);
}
function odd(c, _row) {
let o = "";
for (const _code of _row.time.oddities) {
o += e(tag(c, ((_code === "assumed") ? "off" : "warn"), "clock", c.word("ODDITIES", _code)));
}
for (const _code of _row.flags) {
o += e(tag(c, (["overdue", "abusive"].includes(_code) ? "bad" : "warn"), "warn", c.word("FLAGS", _code)));
}
if (t(_row.corrected_by)) {
o += e(tag(c, "off", "dash", c.say(23)));
}
if ((_row.source !== "own")) {
o += e(tag(c, "off", "info", c.word("SOURCES", _row.source)));
}
return new H(o);
}
function spoken(c, _words) {
let o = "";
if ((_words.state === "shown")) {
o += "<blockquote";
if (t(_words.lang)) {
o += ' lang="' + e(_words.lang) + '"';
}
o += ">" + e(_words.text) + "</blockquote>\n";
} else if ((_words.state === "erased")) {
o += '<p class="mut">' + e(c.say(24)) + "</p>\n";
} else if ((_words.state === "withdrawn")) {
o += '<p class="mut">' + e(c.say(25)) + "</p>\n";
} else if (t(_words.until)) {
o += '<p class="mut">' + e(c.say(26)) + " " + e(_words.until) + "</p>\n";
} else {
o += '<p class="mut">' + e(c.say(27)) + "</p>";
}
return new H(o);
}
function facts(c, _all) {
let o = "";
if (t(_all)) {
o += '<ul class="facts">';
for (const _item of _all) {
const _shown = c.f.fact(_item);
o += '<li><span class="mut">' + e(_shown[0]) + "</span> " + e(_shown[1]) + "</li>";
}
o += "</ul>";
}
return new H(o);
}
function signed(c, _row) {
let o = "";
o += '<p class="sig">' + e(c.say(28)) + " " + e(party(c, _row.actor));
if (t(_row.acting_for)) {
o += e(c.say(13)) + e(c.say(29)) + " " + e(party(c, _row.acting_for));
}
o += " · " + e(entry(c, _row.ref)) + " · " + e(c.say(30)) + " " + e(c.f.moment(_row.ref.received_ms)) + "\n";
if (t(_row.corrected_by)) {
o += " · " + e(c.say(31)) + " " + e(entry(c, _row.corrected_by));
}
o += "</p>\n";
return new H(o);
}
function sign(c, _row) {
let o = "";
o += e(icon(c, get({"listing": "tag", "relist": "tag", "item": "shop", "sale": "cart", "claim": "key", "consign": "box", "dispatch": "box", "scan": "truck", "delivery": "home", "confirm": "hand", "review": "star", "complaint": "msg", "reply": "msg", "case": "doc", "return": "back", "recall": "warn", "inspection": "flask", "actor": "shop", "key": "key"}, _row.kind, "doc")));
return new H(o);
}
function line(c, _row) {
let o = "";
o += '<li class="ev';
if (((t(_row.flags) || t(reject(_row.time.oddities, "assumed"))) || ["complaint", "recall"].includes(_row.kind))) {
o += " warn";
}
o += '" data-index="' + e(_row.ref.index) + '">\n<span class="dot">' + e(sign(c, _row)) + '</span>\n<div class="h"><h3>' + e(c.f.title(_row)) + "</h3>";
if (t(_row.stars)) {
o += e(stars(c, _row.stars));
}
o += e(odd(c, _row)) + '</div>\n<p class="at">' + e(c.f.when(_row.time));
if (t(_row.place)) {
o += " · " + e(c.f.place(_row.place));
}
if (!["item", "waybill"].includes(_row.about)) {
o += " · " + e(c.say(32)) + " " + e(c.word("ABOUTS", _row.about));
}
o += "</p>\n";
if (t(_row.words)) {
o += e(spoken(c, _row.words));
}
o += e(facts(c, _row.facts)) + "\n";
if (t(_row.evidence)) {
o += e(evidence(c, _row.evidence));
}
o += e(signed(c, _row)) + "\n";
if (t(_row.replies)) {
o += '<ol class="sub">\n';
for (const _reply of _row.replies) {
o += '<li data-index="' + e(_reply.ref.index) + '"><div class="h"><b>' + e(c.f.title(_reply)) + "</b>";
if (t(_reply.stars)) {
o += e(stars(c, _reply.stars));
}
o += e(odd(c, _reply)) + '</div>\n<p class="at">' + e(c.f.when(_reply.time)) + "</p>\n";
if (t(_reply.words)) {
o += e(spoken(c, _reply.words));
}
o += e(facts(c, _reply.facts)) + "\n";
if (t(_reply.evidence)) {
o += e(evidence(c, _reply.evidence));
}
o += e(signed(c, _reply)) + "</li>\n";
}
o += "</ol>\n";
}
o += "</li>\n";
return new H(o);
}
function fold(c, _part) {
let o = "";
o += '<li class="ev fold"><span class="dot">' + e(icon(c, "truck")) + "</span>\n<details><summary>" + e(icon(c, "chev")) + e(c.many(33, _part.rows.length, {n: c.f.number(_part.rows.length)})) + '</summary>\n<ol class="mini">\n';
for (const _row of _part.rows) {
o += '<li data-index="' + e(_row.ref.index) + '"><div class="h"><b>' + e(c.f.title(_row)) + "</b>";
if (t(_row.evidence)) {
o += '<b class="gr gr-' + e(_row.evidence.grade) + '" title="' + e(c.word("GRADE_REASONS", _row.evidence.reason)) + '"><span class="vh">' + e(c.say(20)) + " </span>" + e(_row.evidence.grade) + "</b>";
}
o += e(odd(c, _row)) + '</div>\n<p class="at">' + e(c.f.when(_row.time));
if (t(_row.place)) {
o += " · " + e(c.f.place(_row.place));
}
o += "</p>\n" + e(facts(c, _row.facts)) + "\n" + e(signed(c, _row)) + "</li>\n";
}
o += "</ol></details></li>\n";
return new H(o);
}
function record(c, _page) {
let o = "";
o += '<section class="card" aria-labelledby="rec"><h2 id="rec">' + e(c.say(34)) + '<small class="mut">' + e(c.many(35, _page.record_count, {n: c.f.number(_page.record_count)})) + "</small></h2>\n";
if (t(_page.not_understood)) {
o += '<p class="note">' + e(icon(c, "warn")) + "<span>" + e(c.many(36, _page.not_understood, {n: c.f.number(_page.not_understood)})) + "</span></p>";
}
if (t(_page.record)) {
o += '<ol class="tl">\n';
for (const _part of _page.record) {
if ((_part.rows !== undefined)) {
o += e(fold(c, _part));
} else {
o += e(line(c, _part));
}
}
o += '</ol>\n<p class="s mut end">' + e(c.say(37)) + "</p>\n";
} else {
o += '<p class="mut">' + e(c.say(38)) + "</p>";
}
o += "</section>\n";
return new H(o);
}
function courier(c, _box) {
let o = "";
o += '<section class="card"><h2>' + e(c.say(39)) + " ";
if (t(_box.carrier.path)) {
o += '<a href="/' + e(c.lang) + e(_box.carrier.path) + '">' + e(c.say(40)) + "</a>";
}
o += '</h2>\n<p class="who"><b>' + e(c.f.party(_box.carrier)) + "</b></p>\n";
if (t(_box.rating)) {
o += "<p>" + e(c.say(41)) + e(c.say(22)) + "<b>" + e(_box.rating.grade) + " " + e(c.word("RATED", _box.rating.grade)) + "</b>";
if (t(_box.rating.score)) {
o += " · " + e(_box.rating.score) + " (" + e(_box.rating.low) + "–" + e(_box.rating.high) + ")";
}
o += " · " + e(c.word("COLOURS", _box.rating.colour)) + '<br>\n<span class="s mut">' + e(_box.rating.as_of) + " · " + e(_box.rating.rules) + " · " + e(entry(c, _box.rating.ref)) + " · " + e(c.say(42)) + "</span></p>\n";
}
if (t(_box.counts_for_carrier)) {
o += '<p class="s mut">' + e(c.say(43)) + '</p>\n<dl class="kv wide-kv"><dt>' + e(c.say(44)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + "\n<dt>" + e(c.say(45)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + "\n<dt>" + e(c.say(46)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + '</dl>\n<p class="s mut more">' + e(c.say(47)) + "</p>\n";
} else {
o += '<p class="note">' + e(icon(c, "info")) + "<span>" + e(c.say(48)) + "</span></p>\n";
}
if ((t(_box.waybill_path) && (_box.waybill_path !== c.path))) {
o += '<p class="s more"><a href="/' + e(c.lang) + e(_box.waybill_path) + '">' + e(c.say(49)) + "</a></p>";
}
o += "</section>\n";
return new H(o);
}
export function trace(c) {
let o = "";
const _section = "trace";
const _title = or(c.f.plain(c.page.name), () => c.say(50, {serial: c.page.serial}));
for (const _recall of c.page.recalls) {
o += '<section class="recall';
if (t(_recall.ended)) {
o += " ended";
}
o += ' wide-row" aria-labelledby="recall-' + e(_recall.ref.index) + '">\n<h2 id="recall-' + e(_recall.ref.index) + '">' + e(icon(c, "warn"));
if ((_recall.reason === "failed_sample")) {
o += e(c.say(51));
} else {
if (t(_recall.ended)) {
o += e(c.say(52));
} else {
o += e(c.say(53));
}
o += e(c.say(22)) + e(c.word("RECALL_REASONS", _recall.reason));
}
if (t(_recall.level)) {
o += " (" + e(c.say(54, {level: _recall.level})) + ")";
}
o += "</h2>\n<p>" + e(party(c, _recall.by)) + " · " + e(c.f.when(_recall.time)) + " · " + e(c.say(55)) + " " + e(c.word("SCOPES", _recall.scope)) + ' <span class="mono">' + e(_recall.subject) + "</span>";
if (t(_recall.number)) {
o += " · " + e(c.say(56)) + ' <span class="mono">' + e(_recall.number) + "</span>";
}
o += "</p>\n";
if (t(_recall.remedy)) {
o += "<p><b>" + e(c.say(57)) + e(c.say(22)) + e(c.word("REMEDIES", _recall.remedy)) + "</b></p>";
}
o += '<p class="s">' + e(entry(c, _recall.ref));
if (t(_recall.ended)) {
o += e(c.say(13)) + e(c.say(58)) + " " + e(entry(c, _recall.ended));
}
o += "</p>\n</section>\n";
}
o += '<div class="mainc">\n<section class="card" aria-labelledby="pn"><div class="prod"><span class="pic">' + e(icon(c, "box")) + '</span><div>\n<h1 id="pn">';
if (t(c.page.name.text)) {
o += e(c.f.name(c.page.name));
} else {
o += e(_title);
}
o += "</h1>\n";
if (t(c.page.seller)) {
o += '<p class="mut">' + e(party(c, c.page.seller)) + "</p>";
} else if ((c.page.makers.length === 1)) {
o += '<p class="mut">' + e(parties(c, c.page.makers)) + "</p>";
}
o += '<p class="idl">';
if (t(c.page.gtin)) {
o += '<span>GTIN <span class="mono">' + e(c.page.gtin) + "</span></span>";
}
if (t(c.page.sku)) {
o += "<span>" + e(c.say(59)) + ' <span class="mono">' + e(c.page.sku) + "</span></span>";
}
o += "<span>" + e(c.say(60)) + ' <span class="mono">' + e(c.page.serial) + "</span></span>";
if (t(c.page.lot)) {
o += "<span>" + e(c.say(61)) + ' <span class="mono">' + e(c.page.lot) + "</span></span>";
}
o += "</p>\n</div></div>\n";
if ((c.page.makers.length > 1)) {
o += '<p class="note alarm">' + e(icon(c, "warn")) + "<span>" + e(c.say(62, {n: c.page.makers.length})) + " " + e(parties(c, c.page.makers)) + "</span></p>";
}
if (!t(c.page.lot)) {
o += '<p class="note">' + e(icon(c, "info")) + "<span>" + e(c.say(63)) + "</span></p>";
}
if (t(c.page.standing)) {
o += e(standing(c, c.page.standing));
}
o += e(steps(c, c.page.steps)) + '\n<p class="acts';
if (t(c.page.papers)) {
o += " two-up";
}
o += '"><a class="btn alt" data-voice href="/' + e(c.lang) + "/say" + e(c.page.path) + '">' + e(icon(c, "msg")) + e(c.say(64)) + "</a>";
if (t(c.page.papers)) {
o += '<a class="btn alt" href="/' + e(c.lang) + "/papers" + e(c.page.path) + '">' + e(icon(c, "doc")) + e(c.say(65)) + "</a>";
}
o += "</p></section>\n" + e(new H('<section data-stated="proof"></section>')) + "\n" + e(record(c, c.page)) + "\n" + e(withheld(c, c.page.withheld)) + '\n</div>\n<div class="side">\n';
if (t(c.page.promises)) {
o += '<section class="card" aria-labelledby="vow"><h2 id="vow">' + e(c.say(66)) + '</h2>\n<dl class="kv">\n';
for (const _one of c.page.promises) {
o += "<dt>" + e(c.word("PROMISES", _one.name)) + "</dt><dd>" + e(tag(c, get({"kept": "ok", "broken": "bad"}, _one.state, "off"), get({"kept": "check", "broken": "x"}, _one.state, "clock"), c.word("PROMISE_STATES", _one.state)));
if (!(_one.due_ms === null)) {
o += " " + e(c.say(67)) + " " + e(c.f.moment(_one.due_ms));
}
if (!(_one.at_ms === null)) {
o += " · " + e(c.say(68)) + " " + e(c.f.moment(_one.at_ms));
}
o += " · " + e(entry(c, _one.ref)) + "</dd>\n";
}
o += "</dl></section>\n";
}
for (const _box of c.page.couriers) {
o += e(courier(c, _box));
}
if (t(c.page.seller)) {
o += '<section class="card" aria-labelledby="sell"><h2 id="sell">' + e(c.say(69)) + "</h2>\n<p><b>" + e(party(c, c.page.seller)) + '</b></p>\n<dl class="kv"><dt>' + e(c.say(70)) + '</dt><dd class="mono">' + e(c.page.seller.actor) + "</dd>\n";
if (t(c.page.seller_licences)) {
o += "<dt>" + e(c.say(71)) + '</dt><dd><span class="mono">' + e(c.page.seller_licences.join(c.say(0))) + '</span> <small class="mut">' + e(c.say(72)) + "</small></dd>";
}
for (const _permit of c.page.seller_permits) {
o += "<dt>" + e(c.word("PERMITS", _permit.kind)) + '</dt><dd><span class="mono">' + e(_permit.number) + "</span>";
if (t(_permit.until)) {
o += " · " + e(c.say(73)) + " " + e(_permit.until);
}
o += " <span";
if ((_permit.state !== "valid")) {
o += ' class="late"';
}
o += ">" + e(c.word("PERMIT_STATES", _permit.state)) + "</span> · " + e(entry(c, _permit.ref)) + "</dd>\n";
}
if (t(c.page.pledge)) {
o += "<dt>" + e(c.say(74)) + "</dt><dd>";
for (const [at, _head] of [...c.page.pledge.heads].entries()) {
const last = at === c.page.pledge.heads.length - 1;
o += e(c.word("HEADS", _head));
if (!t(last)) {
o += e(c.say(0));
}
}
if (t(c.page.pledge.until)) {
o += " · <span";
if (t(c.page.pledge.ended)) {
o += ' class="late"';
}
o += ">" + e(c.say(73)) + " " + e(c.page.pledge.until) + "</span>";
}
o += " · " + e(entry(c, c.page.pledge.ref)) + "</dd>";
}
o += '</dl>\n<p class="s more">' + e(c.say(75)) + e(c.say(22)) + '<a href="https://www.gsxt.gov.cn/">' + e(c.say(76)) + "</a>" + e(c.say(13)) + '<a href="https://www.creditchina.gov.cn/">' + e(c.say(77)) + "</a></p>\n";
if (t(c.page.ratings)) {
o += '<p class="s mut">' + e(c.say(78)) + '</p>\n<dl class="kv wide-kv"><dt>' + e(c.say(79)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + "\n<dt>" + e(c.say(80)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + '</dl>\n<p class="s more"><a href="/' + e(c.lang) + e(c.page.ratings.path) + '">' + e(c.say(81)) + "</a></p>";
}
o += "</section>\n";
}
o += e(label(c, (t(c.page.gtin) ? [cat("(01) ", c.page.gtin), cat("(21) ", c.page.serial)] : [c.page.sku, c.page.serial]))) + '\n<p class="note">' + e(icon(c, "info")) + "<span>" + e(c.say(82)) + '</span></p>\n<section class="card"><h2>' + e(c.say(83)) + '</h2><dl class="kv wide-kv"><dt>' + e(c.say(84)) + "</dt>" + e(new H('<dd data-stated="count"></dd>')) + "</dl></section>\n</div>\n";
return o;
}
export function waybill(c) {
let o = "";
const _section = "trace";
o += '<div class="mainc">\n<section class="card" aria-labelledby="pn"><div class="prod"><span class="pic">' + e(icon(c, "truck")) + '</span><div>\n<h1 id="pn">' + e(c.say(85, {name: c.f.party(c.page.carrier)})) + '</h1>\n<p class="idl"><span>' + e(c.say(86)) + ' <span class="mono">' + e(c.page.ref) + "</span></span></p>\n</div></div>\n";
if (t(c.page.standing)) {
o += e(standing(c, c.page.standing));
}
o += e(steps(c, c.page.steps)) + '\n<p class="acts';
if (t(c.page.papers)) {
o += " two-up";
}
o += '"><a class="btn alt" data-voice href="/' + e(c.lang) + "/say" + e(c.page.path) + '">' + e(icon(c, "msg")) + e(c.say(87)) + "</a>";
if (t(c.page.papers)) {
o += '<a class="btn alt" href="/' + e(c.lang) + "/papers" + e(c.page.path) + '">' + e(icon(c, "doc")) + e(c.say(65)) + "</a>";
}
o += "</p></section>\n" + e(new H('<section data-stated="proof"></section>')) + "\n" + e(record(c, c.page)) + "\n" + e(withheld(c, c.page.withheld)) + '\n</div>\n<div class="side">\n<section class="card" aria-labelledby="agr"><h2 id="agr">' + e(c.say(88)) + '</h2>\n<dl class="kv">\n<dt>' + e(c.say(89)) + "</dt><dd>";
if (t(c.page.shipper)) {
o += e(party(c, c.page.shipper));
} else {
o += e(c.say(4));
}
o += "</dd>\n<dt>" + e(c.say(90)) + "</dt><dd>" + e(party(c, c.page.carrier)) + "</dd>\n<dt>" + e(c.say(91)) + "</dt><dd>";
if (!(c.page.promised_ms === null)) {
o += e(c.f.moment(c.page.promised_ms, (t(c.page.standing) ? c.page.standing.time.offset_min : 480)));
} else {
o += e(c.say(92));
}
o += "</dd>\n<dt>" + e(c.say(93)) + "</dt><dd>";
if (t(c.page.service)) {
o += e(c.word("SERVICES", c.page.service));
} else {
o += e(c.say(4));
}
o += "</dd>\n<dt>" + e(c.say(94)) + "</dt><dd>";
if (!(c.page.weight_g === null)) {
o += e(c.f.grams(c.page.weight_g));
} else {
o += e(c.say(4));
}
o += "</dd>\n<dt>" + e(c.say(95)) + "</dt><dd>";
if (!(c.page.contents === null)) {
o += e(c.many(96, c.page.contents, {n: c.f.number(c.page.contents)}));
} else {
o += e(c.say(4));
}
o += "</dd>\n</dl>\n";
if (t(c.page.next_path)) {
o += '<p class="more"><a href="/' + e(c.lang) + e(c.page.next_path) + '">' + e(c.say(97)) + "</a></p>";
}
o += '<p class="s mut more">' + e(c.say(98)) + "</p>\n</section>\n";
if (t(c.page.box)) {
o += e(courier(c, c.page.box));
}
o += e(label(c, [c.page.ref])) + "\n</div>\n";
return o;
}
