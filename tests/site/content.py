"""What the site holds: generated posts, all marked 示例, the same at every run, and what happens to them later."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST_ID = 2_400_000
INTERVAL = timedelta(minutes=97)  # between two posts
_START = datetime(2021, 1, 4, 1, 30, tzinfo=UTC)
_CHINA = timedelta(hours=8)
CATEGORIES = {721: "通知公告", 722: "政策文件", 723: "法治政府建设"}
SUBJECTS = ("行政复议", "政务公开", "行政执法", "普法宣传", "营商环境", "应急管理", "教育招生", "农业补贴")
KINDS = ("通知", "公告", "实施方案", "工作报告", "意见")
CITED = ("《示例区法治政府建设实施方案（2021—2025年）》", "《示例市行政执法公示办法》", "示例府〔2021〕5号")
_SENTENCES = (
    "坚持依法行政，推进{0}工作规范化、制度化（示例）。",
    "各示例单位应当在示例之日起{1}个工作日内报送{0}情况。",
    "全年办理{0}事项{1}件，办结率达到示例标准。",
    "健全{0}工作机制，明确责任分工，加强督促检查。",
    "严格落实{0}各项要求，切实维护群众合法权益（示例）。",
)


@dataclass(slots=True)
class Post:
    """A post as it stands now. `edits` counts the changes of its text; `twin` is a second id of the same address."""

    id: int
    category: int
    subject: str
    kind: str
    issued: datetime
    changed: datetime
    twin: int = 0
    attached: bool = False
    attachment: str = "shili.docx"
    expired: bool = False
    abolished: bool = False
    withdrawn: bool = False
    shrunk: bool = False
    edits: int = 0

    @property
    def title(self) -> str:
        return f"（示例）关于{self.subject}的{self.kind}第{self.id - FIRST_ID}号"

    @property
    def number(self) -> str:
        """Every third post has a 文号."""
        return "" if self.id % 3 else f"示例府〔{self.issued.year}〕{self.id - FIRST_ID}号"

    @property
    def identifier(self) -> str:
        return f"示例索引/{self.issued.year}-{self.id - FIRST_ID:05d}"

    @property
    def day(self) -> str:
        """The day of issue in China."""
        return (self.issued + _CHINA).date().isoformat()

    @property
    def published(self) -> str:
        """Date and time of publication in China, as the platform prints it."""
        return (self.issued + _CHINA).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def path(self) -> str:
        """The page on the platform."""
        return f"/gkmlpt/content/2/{self.id // 1000}/post_{self.id}.html"

    @property
    def portal_path(self) -> str:
        """The page of the same post on the portal."""
        return f"/content/post_{self.id}.html"

    @property
    def attachment_path(self) -> str:
        return f"/gkmlpt/attachment/0/{self.id}/{self.attachment}"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body: an opening, three numbered parts, a signature and a date."""
        chance = random.Random(self.id)
        opening = f"根据{chance.choice(CITED)}，现将{self.subject}有关事项{self.kind}如下（示例）："
        if self.shrunk:
            return ("示例。",)
        parts = [line for number in "一二三" for line in self._part(number, chance)]
        edited = [f"第{self.edits}次修改：补充{self.subject}的内容（示例）。"] if self.edits else []
        day = self.issued + _CHINA
        return (opening, *parts, *edited, "示例区人民政府办公室", f"{day.year}年{day.month}月{day.day}日")

    def _part(self, number: str, chance: random.Random) -> tuple[str, ...]:
        def text() -> str:
            return "".join(
                chance.choice(_SENTENCES).format(self.subject, chance.randint(2, 99))
                for _ in range(chance.randint(2, 4))
            )

        return f"{number}、{self.subject}示例之{number}", f"（一）示例要求。{text()}", f"（二）示例措施。{text()}"


class Content:
    """The posts of a site, and the changes between two refreshes. All is deterministic: the n-th change has a time."""

    def __init__(
        self, posts: int = 250, *, twins_every: int = 50, attached_every: int = 10, first: int = FIRST_ID
    ) -> None:
        self._first = first
        self._twins_every = twins_every
        self._attached_every = attached_every
        self._posts: dict[int, Post] = {}
        self._now = _START
        self.files: dict[str, bytes] = {}
        """Attachments by name, beside shili.docx, which is made for each post."""
        self.robots: str | None = "User-agent: *\nDisallow: /admin/\nSitemap: /sitemap.xml\n"
        self.add(posts)

    def add(self, count: int = 1) -> list[Post]:
        """Publish new posts; answer them, oldest first."""
        added = [self._new(self._first + len(self._posts) + offset + 1) for offset in range(count)]
        self._posts |= {post.id: post for post in added}
        return added

    def attach(self, post: Post, name: str, data: bytes) -> None:
        """Have a post offer this file."""
        post.attached, post.attachment = True, name
        self.files[name] = data

    def edit(self, post: Post) -> None:
        """Change the text of a post."""
        post.edits += 1
        post.changed = self._tick()

    def shrink(self, post: Post) -> None:
        """Leave hardly a word of a post."""
        post.shrunk = True
        post.changed = self._tick()

    def withdraw(self, post: Post) -> None:
        """Take a post off the site: out of the lists, its page a 404."""
        post.withdrawn = True

    def abolish(self, post: Post) -> None:
        """Flag a post as 废止, in the lists and in the script of its page; the text stays as it was."""
        post.abolished = True

    def post(self, id_: int) -> Post | None:
        """Answer a post that is on the site."""
        post = self._posts.get(id_)
        return None if post is None or post.withdrawn else post

    def listed(self, category: int = 0) -> list[Post]:
        """Answer the posts on the site, newest first; those of one category, or all for 0."""
        return [
            post for post in reversed(self._posts.values()) if not post.withdrawn and category in (0, post.category)
        ]

    def _new(self, id_: int) -> Post:
        time, order = self._tick(), id_ - FIRST_ID
        return Post(
            id=id_,
            category=721 + order % 3,
            subject=SUBJECTS[order % len(SUBJECTS)],
            kind=KINDS[order % len(KINDS)],
            issued=time,
            changed=time,
            twin=id_ + 5_000_000 if order % self._twins_every == 0 else 0,
            attached=order % self._attached_every == 0,
            expired=order % 40 == 0,
        )

    def _tick(self) -> datetime:
        self._now += INTERVAL
        return self._now
