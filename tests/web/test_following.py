"""Readers follow searches and documents: from the page 订阅 to a real mail server and back by the links of its letters."""

from __future__ import annotations

import base64
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import trustme
from bs4 import BeautifulSoup

from kb.config import readers
from kb.config.boundary import chosen
from kb.config.settings import Mail, Settings
from kb.corpus.folder import Corpus
from kb.search.open.engines import chosen_engine
from kb.upkeep.follow.delivery import Report, send, send_trial
from kb.upkeep.follow.subscriptions import Subscription, Subscriptions, Target
from tests.keeping import keep_in_step
from tests.post_office import PostOffice, html, plain, post_office
from tests.web.conftest import put, served

SITE = "https://kb.example.cn"
NOTICE = "示例通知"
OTHER = "示例办法"
WHO = "reader@example.com"


@dataclass
class Town:
    """A library that is served, the mail server that it uses, and what a reader and the operator do there."""

    settings: Settings
    office: PostOffice
    url: str

    def put(self, id: str, text: str, **facts: str) -> None:
        put(Corpus(self.settings.corpus), id, text, **{"title": id, "date": "2026-01-01", **facts})
        keep_in_step(self.settings)

    def send(self) -> Report:
        engine = chosen_engine(self.settings)
        try:
            return send(self.settings, Corpus(self.settings.corpus), engine)
        finally:
            engine.close()

    def ask(self, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        body = urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def follow(self, path: str, who: str = WHO, rhythm: str = "daily") -> None:
        """Follow something by the page and by the letter that comes."""
        before = len(self.office.taken)
        status, page = self.ask(path, {"mail": who, "rhythm": rhythm})
        assert status == 200 and "请到邮箱里确认" in page, page
        wait_for(lambda: len(self.office.taken) > before)
        link = link_of(self.office.last(), "confirm")
        assert "确认订阅" in self.ask(link)[1]
        assert "订阅好了" in self.ask(link, {})[1]

    def kept(self) -> Subscriptions:
        return Subscriptions(self.settings.follow)


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


def link_of(letter: object, page: str) -> str:
    """The path of the link in a letter that leads to a page."""
    found = re.search(rf"{SITE}(/follow/{page}\?\S+)", plain(letter))  # type: ignore[arg-type]
    assert found, plain(letter)  # type: ignore[arg-type]
    return found[1]


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    with post_office() as office:
        mail = Mail("127.0.0.1", office.port, "none", "", "kb@example.cn")
        settings = Settings(
            folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60,
            address=SITE, follow=folder / "follow", mail=mail, hosts=("*",),
        )  # fmt: skip
        put(
            Corpus(settings.corpus),
            NOTICE,
            "一、要求\n做好行政复议工作。\n二、其他\n无关的内容。\n",
            title=NOTICE,
            date="2025-01-01",
        )
        keep_in_step(settings)
        with served(settings) as url:
            found = Town(settings, office, url)
            assert found.send().problems == []  # how the library is before anybody follows anything
            yield found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setenv("KB_TODAY", "2026-11-02")
    with town(tmp_path) as found:
        yield found


SEARCH = "/search/follow?q=" + quote("行政复议")


def test_a_search_is_followed_by_mail_from_the_page_to_the_one_click_that_ends_it(here: Town) -> None:
    here.follow(SEARCH)
    confirmation = here.office.last()
    assert here.office.envelopes[-1] == ("kb@example.cn", [WHO])
    assert "行政复议" not in plain(confirmation)  # nobody writes to strangers through it
    assert here.send().sent == 0 and len(here.office.taken) == 1  # nothing new, no letter

    here.put(
        OTHER, "第一条　为了规范行政复议，制定本办法。\n第二条　别的。\n", title="示例<b>办法</b>", issuer="示例局"
    )
    here.put("无关文件", "一、没有那几个字。\n")
    assert here.send().sent == 1
    letter = here.office.last()
    text = plain(letter)
    assert "《示例<b>办法</b>》" in text and "新收录" in text and "无关文件" not in text
    assert "第一条" in text and "为了规范行政复议" in text and "第二条" not in text
    assert f"{SITE}/d/{quote(OTHER)}#art-1" in text and "时效：" in text
    soup = BeautifulSoup(html(letter), "html.parser")
    assert soup.mark and soup.mark.text == "行政复议" and not soup.b and not soup.script
    assert str(letter["Subject"]) == "政策文库：检索“行政复议”：1 份文件有消息"
    assert letter["Message-ID"].endswith("@kb.example.cn>") and letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = str(letter["List-Unsubscribe"]).strip("<>")
    assert one_click.removeprefix(SITE) == link_of(letter, "leave")

    assert here.send().sent == 0  # nothing is told twice
    path = one_click.removeprefix(SITE)
    assert "退订" in here.ask(path)[1] and len(here.kept().active()) == 1  # looking ends nothing
    for _ in range(2):  # mail programs may ask again
        status, page = here.ask(path, {"List-Unsubscribe": "One-Click"})
        assert status == 200 and "已经退订" in page
    assert here.kept().all() == []
    assert [each.recipient for each in here.kept()._select("1")] == [""]
    here.put("又一份", "做好行政复议。\n")
    assert here.send().sent == 0 and len(here.office.taken) == 2


def test_a_document_is_followed_through_a_silent_edit_a_withdrawal_and_its_end(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.follow(f"/d/{quote(NOTICE)}/follow", rhythm="daily")
    here.put(NOTICE, "一、要求\n做好行政复议和调解工作。\n二、其他\n无关的内容。\n", date="2025-01-01")
    here.put(OTHER, "别的文件。\n")
    assert here.send().sent == 1
    text = plain(here.office.last())
    assert "悄悄修改：文号和日期没有变，正文变了" in text and "〔增：和调解〕" in text and OTHER not in text
    assert "一、要求" in text and "二、其他" not in text and f"{SITE}/d/{quote(NOTICE)}/compare?from=" in text
    corpus = Corpus(here.settings.corpus)
    with corpus.writing():
        corpus.mark_withdrawn(NOTICE, "2026-11-02")
    keep_in_step(here.settings)
    assert here.send().not_due == 1  # one a day at most
    monkeypatch.setenv("KB_TODAY", "2026-11-03")
    assert here.send().sent == 1
    assert "来源撤下了它（2026-11-02 发现）" in plain(here.office.last())
    here.put(
        "关于废止示例通知的决定",
        "现决定：自2026年11月1日起，《示例通知》废止。\n",
        title="示例局关于废止《示例通知》的决定",
    )
    monkeypatch.setenv("KB_TODAY", "2026-11-04")
    keep_in_step(here.settings)
    assert here.send().sent == 1
    text = plain(here.office.last())
    assert "时效变了：现在是“已废止”" in text and "依据：《示例局关于废止《示例通知》的决定》" in text
    next(path for id, path in corpus.files() if id == NOTICE).unlink()
    keep_in_step(here.settings)
    monkeypatch.setenv("KB_TODAY", "2026-11-05")
    keep_in_step(here.settings)
    assert here.send().sent == 1
    assert "已经不在库里（由管理员移走；不表示它已经废止）" in plain(here.office.last())


def test_a_search_tells_of_the_words_that_went(here: Town) -> None:
    here.follow(SEARCH)
    here.put(NOTICE, "一、要求\n做好调解工作。\n二、其他\n无关的内容。\n", date="2025-01-01")
    assert here.send().sent == 1
    assert "正文里不再有所检索的字句" in plain(here.office.last())


def test_a_server_that_fails_loses_nothing_and_sends_the_same_letter_again(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.follow(SEARCH)
    here.put(OTHER, "做好行政复议。\n")
    here.office.answer = "451 4.3.0 try again later"
    report = here.send()
    assert report.sent == 0 and "451" in report.problems[0]
    first = here.kept().letters()[0].message
    here.put("后来的", "也做好行政复议。\n")
    assert here.send().sent == 0 and here.kept().letters()[0].message == first
    here.office.answer = ""
    assert here.send().sent == 1
    assert here.office.last()["Message-ID"].encode() in first and OTHER in plain(here.office.last())
    assert here.kept().active()[0].trouble == ""
    monkeypatch.setenv("KB_TODAY", "2026-11-03")
    keep_in_step(here.settings)
    assert here.send().sent == 1
    assert "后来的" in plain(here.office.last()) and OTHER not in plain(here.office.last())


def test_an_address_that_is_refused_for_good_is_left_alone_after_a_while(here: Town) -> None:
    here.follow(SEARCH)
    here.follow(SEARCH, "other@example.com")
    here.put(OTHER, "做好行政复议。\n")
    here.office.refuses = WHO
    reports = [here.send() for _ in range(6)]
    assert [report.sent for report in reports] == [1, 0, 0, 0, 0, 0]  # the other one got its letter
    assert "连续拒收 5 次" in " ".join(reports[-2].problems) + " ".join(reports[-1].problems) + " ".join(
        reports[2].problems
    )
    assert here.kept().letters() == []


def test_an_index_that_is_behind_keeps_the_news_for_the_next_time(here: Town) -> None:
    here.follow(SEARCH)
    put(Corpus(here.settings.corpus), OTHER, "做好行政复议。\n", title=OTHER, date="2026-01-01")
    assert "1 份文件还没有编入索引" in " ".join(here.send().problems)
    keep_in_step(here.settings)
    assert here.send().sent == 1 and OTHER in plain(here.office.last())


def test_what_was_asked_again_with_another_rhythm_goes_on_from_there(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.follow(SEARCH)
    here.follow(SEARCH, rhythm="weekly")
    (only,) = here.kept().active()
    assert only.rhythm == "weekly"
    here.put(OTHER, "做好行政复议。\n")
    assert here.send().sent == 1
    here.put("后来的", "做好行政复议。\n")
    monkeypatch.setenv("KB_TODAY", "2026-11-08")
    keep_in_step(here.settings)
    assert here.send().not_due == 1
    monkeypatch.setenv("KB_TODAY", "2026-11-09")
    keep_in_step(here.settings)
    assert here.send().sent == 1


@pytest.mark.parametrize(
    "mail",
    [
        "",
        "nobody",
        "a@b\r\nBcc: c@d.cn",
        "a@b.cn, c@d.cn",
        "名 <a@b.cn>",
        "a@b.cn\n",
        "a" * 250 + "@b.cn",
        "a@b..cn",
        ".a@b.cn",
    ],
)
def test_what_is_no_address_is_refused(here: Town, mail: str) -> None:
    status, page = here.ask(SEARCH, {"mail": mail, "rhythm": "daily"})
    good = mail.strip() == "a@b.cn"  # white space around it is a slip of the hand
    assert (status == 200) == good and (good or "邮箱的写法不对" in page)


def test_a_title_with_line_breaks_adds_no_header(here: Town) -> None:
    query = "行政复议\r\nBcc: victim@example.org\r\n\r\n<b>正文</b>"
    kept = here.kept()
    kept.add(Subscription("mail", WHO, Target("document", f"/d/{quote(NOTICE)}", NOTICE, title=query), "daily"))
    here.put(NOTICE, "一、要求\n改了。\n", date="2025-01-01")
    assert here.send().sent == 1
    letter = here.office.last()
    assert letter["Bcc"] is None and here.office.envelopes[-1][1] == [WHO]
    assert "\n" not in str(letter["Subject"]) and "<b>" not in html(letter)


def test_too_many_letters_are_refused(here: Town) -> None:
    path = f"/d/{quote(NOTICE)}/follow"
    for _ in range(3):
        assert here.ask(path, {"mail": WHO, "rhythm": "daily"})[0] == 200
    status, page = here.ask(path, {"mail": WHO.upper(), "rhythm": "daily"})
    assert status == 429 and "一天里最多收 3 封确认信" in page
    statuses = [here.ask(path, {"mail": f"a{n}@example.com", "rhythm": "daily"})[0] for n in range(8)]
    assert statuses == [200] * 7 + [429]


def test_a_form_of_another_site_and_a_wrong_link_are_refused(here: Town) -> None:
    status, _ = here.ask(SEARCH, {"mail": WHO, "rhythm": "daily"}, **{"Sec-Fetch-Site": "cross-site"})
    assert status == 403
    here.follow(SEARCH)
    right = link_of(here.office.last(), "confirm").replace("confirm", "leave")
    for wrong in (
        right[:-1] + ("A" if right[-1] != "A" else "B"),
        "/follow/leave?s=1",
        "/follow/leave?s=99&t=x",
        "/follow/leave",
    ):
        assert here.ask(wrong, {})[0] == 404
    assert len(here.kept().active()) == 1


def test_what_nobody_confirms_is_forgotten(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    here.ask(SEARCH, {"mail": WHO, "rhythm": "daily"})
    wait_for(lambda: len(here.office.taken) == 1)
    here.put(OTHER, "做好行政复议。\n")
    assert here.send().sent == 0
    monkeypatch.setenv("KB_TODAY", "2026-11-09")
    assert here.ask(link_of(here.office.last(), "confirm"), {})[0] == 404
    keep_in_step(here.settings)
    here.send()
    assert here.kept().all() == [] and here.kept().letters() == []


def test_only_its_owner_reads_the_file(here: Town) -> None:
    here.follow(SEARCH)
    assert here.kept().path.stat().st_mode & 0o077 == 0


def test_without_a_mail_server_the_page_offers_the_feed_alone(here: Town, tmp_path: Path) -> None:
    with served(replace(here.settings, mail=Mail())) as url:
        off = replace(here, url=url)
        status, page = off.ask(SEARCH)
        assert (
            status == 200
            and "没有开设邮件订阅" in page
            and not BeautifulSoup(page, "html.parser").select("form.follow")
        )
        assert f"{SITE}/search.atom?q={quote('行政复议')}" in page
        assert off.ask(SEARCH, {"mail": WHO, "rhythm": "daily"})[0] == 404
        assert f"{SITE}/changes.atom?document={quote(NOTICE)}" in off.ask(f"/d/{quote(NOTICE)}/follow")[1]
        feed = off.ask(f"/changes.atom?document={quote(NOTICE)}")[1]
        assert f"《{NOTICE}》的变化" in feed and feed.count("<entry>") == 1
        assert off.ask("/follow")[0] == 200 and off.ask("/search/follow")[0] == 400
        assert off.ask("/search/follow?q=" + quote("时点:2020-01-01 示例"))[0] == 400


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this process trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def test_letters_go_encrypted_with_a_password_or_not_at_all(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    settings = Settings(tmp_path / "c", tmp_path / "i", "127.0.0.1", 0, 1, 1, address=SITE, follow=tmp_path / "f")
    with post_office(context=context, login=("kb", "example-password")) as office:
        mail = Mail("127.0.0.1", office.port, "starttls", "kb", "kb@example.cn")
        with pytest.raises(Exception, match="KB_MAIL_PASSWORD 里没有密码"):
            send_trial(replace(settings, mail=mail), WHO)
        monkeypatch.setenv("KB_MAIL_PASSWORD", "wrong")
        with pytest.raises(Exception, match="拒绝了用户名或密码"):
            send_trial(replace(settings, mail=mail), WHO)
        monkeypatch.setenv("KB_MAIL_PASSWORD", "密码")
        with pytest.raises(Exception, match="只能有英文字母"):
            send_trial(replace(settings, mail=mail), WHO)
        (tmp_path / "password").write_text("example-password\n", encoding="utf-8")
        monkeypatch.setenv("KB_MAIL_PASSWORD_FILE", str(tmp_path / "password"))
        send_trial(replace(settings, mail=mail), WHO)
        assert "试寄" in str(office.last()["Subject"])
    with post_office() as open_office:
        mail = Mail("127.0.0.1", open_office.port, "starttls", "", "kb@example.cn")
        with pytest.raises(Exception, match="不支持所设置的加密"):
            send_trial(replace(settings, mail=mail), WHO)
        assert open_office.taken == []


def test_where_readers_sign_in_letters_go_to_named_domains_and_are_ended_without_a_password(
    here: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.follow(SEARCH)
    here.put(OTHER, "做好行政复议。\n")
    here.send()
    leave = link_of(here.office.last(), "leave")
    readers.set_password(tmp_path / "readers.json", "zhangsan", "example-password")
    closed = replace(
        here.settings,
        boundary=chosen("intranet", {"readers": "password"}),
        readers_file=tmp_path / "readers.json",
        mail=replace(here.settings.mail, domains=("example.cn",)),
    )
    here.put("又一份", "做好行政复议。\n")
    monkeypatch.setenv("KB_TODAY", "2026-11-03")
    keep_in_step(here.settings)
    before = len(here.office.taken)
    assert "不在 mail.domains 里" in " ".join(replace(here, settings=closed).send().problems)
    assert len(here.office.taken) == before
    with served(closed) as url:
        gated = replace(here, url=url)
        known = {"Authorization": "Basic " + base64.b64encode(b"zhangsan:example-password").decode()}
        assert gated.ask(SEARCH)[0] == 401 and gated.ask(SEARCH, **known)[0] == 200
        status, page = gated.ask(SEARCH, {"mail": WHO, "rhythm": "daily"}, **known)
        assert status == 400 and "只给 example.cn 的邮箱寄信" in page
        assert gated.ask(leave + "x", {})[0] == 401 and gated.ask(leave.replace("leave", "confirm"))[0] == 401
        status, page = gated.ask(leave, {"List-Unsubscribe": "One-Click"})
        assert status == 200 and "已经退订" in page
