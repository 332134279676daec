"""kb.toml → Settings. Every setting has a default; a wrong one is an error that names the line.

`SETTINGS` is the one table of what can be set: name, default and a sentence for the documentation.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from kb.base import storage
from kb.base.errors import NotFoundError, StorageError, UsageError
from kb.base.lazy_re import lazy_re
from kb.config import boundary, sources
from kb.config.boundary import MODES, PARTS, Boundary
from kb.config.kinds import kinds
from kb.config.sources import Source

Value = str | int | bool | tuple[str, ...]

SETTINGS: tuple[tuple[str, Value, str], ...] = (
    ("corpus.path", "corpus", "语料库文件夹"),
    ("index.path", "index", "索引文件夹（可以随时删除重建）"),
    (
        "engine.kind",
        "embedded",
        "检索引擎：embedded 在本机的索引文件夹里；opensearch 在 OpenSearch 集群里（先装可选组件：scripts/environment opensearch）",
    ),
    (
        "engine.hosts",
        ("http://127.0.0.1:9200",),
        "集群的网址，一个或多个；用户名和密码在环境变量里，见 docs/cluster.md",
    ),
    ("engine.name", "kb", "集群里索引的名称（小写字母、数字、- 和 _）；几个语料库共用一个集群时各取一个"),
    ("engine.shards", 1, "建立索引时分成几片（1 到 1024）；怎样选见 docs/scale.md"),
    ("engine.certificates", "", "核对集群证书用的 CA 证书文件（PEM）；留空用公认的证书机构"),
    ("engine.client_certificate", "", "集群要求客户端证书时，证书文件（PEM）"),
    ("engine.client_key", "", "客户端证书的私钥文件（PEM）"),
    (
        "semantic.search",
        True,
        "相关的章节也按意思查找：装上可选组件和模型（scripts/environment semantic）、再运行 kb index 之后就有；false 是不用",
    ),
    (
        "semantic.model",
        "",
        "按意思查找用的句向量模型：一个文件夹，里面有一个 .onnx 文件和它的 tokenizer.json；留空用 scripts/environment semantic 取来的",
    ),
    (
        "serve.mode",
        "local",
        "给谁用：local 只给本机，public 公开，intranet 单位的内网，confidential 内容保密；它一并定下面各项的默认，怎样选见 docs/security.md",
    ),
    ("serve.host", "127.0.0.1", "网页服务监听的地址"),
    ("serve.port", 8000, "网页服务的端口（0 到 65535，0 表示任选一个空闲端口）"),
    ("serve.workers", 2, "同时回答请求的进程数（1 到 64）；每个在大库上约占 0.5 GB 内存"),
    (
        "serve.seconds",
        10,
        "一个普通请求（阅读、检索、比较、提示……）最多做几秒；做不完就回答 503 和原因，从不给出数了一半的结果",
    ),
    (
        "serve.heavy_seconds",
        180,
        "一件大事（PDF、Word、整库下载、长文字的核对、对照表……）最多用几秒的处理器时间；它们在另外的进程里一件一件地做；kb cite-check 也不多于它",
    ),
    (
        "serve.address",
        "",
        "读者看到的网址，例如 https://kb.example.cn；引注、导出、订阅和网站地图里的地址由它开头；留空就用读者访问的地址",
    ),
    (
        "serve.proxy",
        "",
        "前面的反向代理的地址，例如 127.0.0.1（* 表示任何地址）：采用它转告的访问者、协议和主机名，见 docs/cluster.md",
    ),
    (
        "serve.origins",
        (),
        '哪些网站的网页可以读取数据接口（CORS），例如 ["https://www.example.cn"]；["*"] 是任何网站；留空是都不可以',
    ),
    (
        "serve.hosts",
        (),
        '读者还可以用哪些主机名访问，例如 ["kb.example.cn"]；本机的名称、内网和本机的 IP 地址、address 里的主机名不用写；["*"] 是任何名称',
    ),
    (
        "serve.host_check",
        "",
        "用什么主机名可以访问：near 本机的名称、内网的 IP 地址和写明的名称，named 只有写明的名称；留空由 mode 定",
    ),
    (
        "serve.details",
        "",
        "/status、/metrics 和 /healthz 的原因给谁看：all 所有读者，near 本机和 monitors，readers 登录了的读者；留空由 mode 定",
    ),
    ("serve.monitors", (), '运行状态还给哪些地址看，例如 ["10.0.0.5", "10.1.0.0/16"]'),
    (
        "serve.caching",
        "",
        "谁可以保存页面：shared 中间的缓存也可以，private 只有读者的浏览器，none 谁也不保存；留空由 mode 定",
    ),
    (
        "serve.files",
        "",
        "写出的文件谁可读：umask 按系统的习惯，private 只有运行它的用户（0600、0700）；留空由 mode 定",
    ),
    (
        "serve.readers",
        "",
        "读者怎样登录：none 不登录，password 用名称和密码或令牌（kb user），proxy 由前面的代理认定；留空不登录",
    ),
    ("serve.readers_file", "readers.json", "读者的名单：名称和散列过的密码，用 kb user 改"),
    ("serve.reader_header", "X-Remote-User", 'readers = "proxy" 时，代理把读者的名称写在哪个请求头里'),
    (
        "serve.reader_proxies",
        (),
        '哪些地址或网段的代理可以说读者是谁，例如 ["127.0.0.1", "10.1.0.0/16"]；别人写的这个请求头不算',
    ),
    ("serve.log", False, "每个请求往标准错误写一行 JSON（编号、地址、状态、毫秒；不含查询的内容）"),
    ("ingest.max_megabytes", 50, "单个文件（以及解压、转换之后的内容）的上限，单位 MB"),
    ("ingest.timeout_seconds", 60, "转换单个文件的时限，单位秒"),
    (
        "ingest.ocr",
        False,
        "识别扫描的 PDF（OCR）；先运行 scripts/environment ocr 装上可选组件；每页约需几秒，页数多时调高上面的时限",
    ),
    ("refresh.contact", "", "联系方式（邮箱或网址），抓取时告诉对方网站；建议填写"),
    (
        "refresh.alarm",
        "",
        "出现警报、警报变了或恢复正常时，把说明交给谁（没有恢复的，每天再说一次，一周之后每周一次）：一条命令（说明写到它的标准输入），或 http(s):// 开头的网址（发 JSON）",
    ),
    (
        "refresh.heartbeat",
        "",
        "外面的“心跳”监视（例如 healthchecks.io）的网址：每次 kb refresh 做完、没有警报或警报已经送到时访问它；它收不到，就由它去叫人",
    ),
    (
        "keep.days",
        90,
        "kb gc 删去的东西至少多旧：一个网页后来又有新的可疑回答的那些旧回答、再没有什么提到的快照（文件和它们的旧版本从不删去）",
    ),
    (
        "keep.backup_days",
        0,
        "几天没有 kb backup 就报警，从来没有也算；0 是只在做过备份之后，隔了 7 天才报",
    ),
    (
        "follow.path",
        "follow",
        "订阅者的地址和寄到哪里了，所在的文件夹（含个人信息，不在语料库里；网页服务和 kb follow 都要能写）",
    ),
    (
        "mail.host",
        "",
        "寄订阅信的邮件服务器；留空就不提供邮件订阅。填写时也要写 mail.from 和 serve.address，见 docs/feeds.md",
    ),
    ("mail.port", 587, "邮件服务器的端口：starttls 一般是 587，tls 一般是 465，none 一般是 25"),
    (
        "mail.security",
        "starttls",
        "怎样加密：starttls、tls 或 none（只在本机或内网的转发服务器上用）；对方不支持就不寄，不会改成明文",
    ),
    (
        "mail.user",
        "",
        "登录邮件服务器的用户名；密码在环境变量 KB_MAIL_PASSWORD 里，或写在 KB_MAIL_PASSWORD_FILE 所指的文件里",
    ),
    ("mail.from", "", "发件人的邮箱地址，例如 kb@example.cn"),
    (
        "mail.domains",
        (),
        '只给这些域名的邮箱寄，例如 ["example.cn"]；留空是任何邮箱。读者要登录的、mode 是 confidential 的文库必须写',
    ),
)

FILE_NAME = "kb.toml"
_RANGES = {
    "mail.port": (1, 65535),
    "serve.port": (0, 65535),
    "serve.workers": (1, 64),
    "serve.seconds": (1, 3600),
    "serve.heavy_seconds": (1, 86400),
    "engine.shards": (1, 1024),
    "keep.backup_days": (0, 36500),
}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ADDRESSED = lazy_re(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_FILES = ("certificates", "client_certificate", "client_key")
ENGINES = ("embedded", "opensearch")
SECURITY = ("starttls", "tls", "none")
_ALIAS = lazy_re("[a-z0-9][a-z0-9_-]{0,63}")
_HOST = lazy_re(r"https?://[^\s/@]+/?")
_HEADER = lazy_re(r"[A-Za-z][A-Za-z0-9-]{1,60}")
_NAME = lazy_re(r"[\w.-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The OpenSearch that the index is in. `name` is that of its alias; user and password are in no settings."""

    hosts: tuple[str, ...]
    name: str = "kb"
    shards: int = 1
    certificates: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that sends letters to those who follow something; `host` is "" where none are sent. The password is in no settings."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    sender: str = ""
    domains: tuple[str, ...] = ()

    def writes_to(self, recipient: str) -> bool:
        """Return whether letters may go to an address: what is in a library that is not for everybody goes only where it may."""
        return not self.domains or recipient.rpartition("@")[2].lower() in {each.lower() for each in self.domains}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force; paths are absolute. `parts` are those of the boundary as they are named by themselves."""

    corpus: Path
    index: Path
    host: str
    port: int
    max_bytes: int
    timeout: float
    ocr: bool = False
    contact: str = ""
    alarm: str = ""
    heartbeat: str = ""
    keep_days: int = 90
    backup_days: int = 0
    sources: tuple[Source, ...] = ()
    workers: int = 2
    seconds: float = 10
    heavy_seconds: float = 180
    address: str = ""
    proxy: str = ""
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    log: bool = False
    engine: str = "embedded"
    cluster: Cluster = Cluster(("http://127.0.0.1:9200",))
    semantic: bool = False
    model: Path | None = None
    boundary: Boundary = MODES["local"]
    parts: tuple[tuple[str, str], ...] = ()
    monitors: tuple[str, ...] = ()
    readers_file: Path | None = None
    reader_header: str = "X-Remote-User"
    reader_proxies: tuple[str, ...] = ()
    follow: Path = Path("follow")
    mail: Mail = Mail()
    file: Path | None = None
    """Where they were read from, whether or not there is such a file."""
    digest: str = ""
    """The sha256 of that file, "" where there was none."""


def load(config: Path | None = None, folder: Path | None = None) -> Settings:
    """Read `config`, or `kb.toml` in `folder` (the current one), or take the defaults when there is none.

    Raises NotFoundError when a named file is missing, UsageError when its content is wrong, and StorageError.
    """
    folder = (folder or Path.cwd()).absolute()
    path = config.absolute() if config else folder / FILE_NAME
    listed: tuple[Source, ...] = ()
    data = _data(path)
    if data is not None:
        folder = path.parent
        values, listed = _read(path, data)
    elif config:
        raise NotFoundError(f"找不到设置文件 {config}：请检查 --config 后面的路径。")
    else:
        values = {name: default for name, default, _ in SETTINGS}
    parts = {part: str(values[f"serve.{part}"]) for part in PARTS}
    open_to = boundary.chosen(str(values["serve.mode"]), parts)
    return Settings(
        corpus=folder / str(values["corpus.path"]),
        index=folder / str(values["index.path"]),
        host=str(values["serve.host"]),
        port=int(values["serve.port"]),
        workers=int(values["serve.workers"]),
        seconds=float(values["serve.seconds"]),
        heavy_seconds=float(values["serve.heavy_seconds"]),
        address=str(values["serve.address"]).rstrip("/"),
        proxy=str(values["serve.proxy"]),
        origins=tuple(str(each).rstrip("/") for each in values["serve.origins"]),
        hosts=tuple(str(each) for each in values["serve.hosts"]),
        log=bool(values["serve.log"]),
        boundary=open_to,
        parts=tuple(parts.items()),
        monitors=tuple(values["serve.monitors"]),
        readers_file=folder / str(values["serve.readers_file"]),
        reader_header=str(values["serve.reader_header"]),
        reader_proxies=tuple(values["serve.reader_proxies"]),
        max_bytes=int(values["ingest.max_megabytes"]) * 1_000_000,
        timeout=float(values["ingest.timeout_seconds"]),
        ocr=bool(values["ingest.ocr"]),
        contact=str(values["refresh.contact"]),
        alarm=str(values["refresh.alarm"]),
        heartbeat=str(values["refresh.heartbeat"]),
        keep_days=int(values["keep.days"]),
        backup_days=int(values["keep.backup_days"]),
        sources=tuple(_placed(source, folder) for source in listed),
        engine=str(values["engine.kind"]),
        cluster=_cluster(values, folder),
        semantic=bool(values["semantic.search"]),
        model=folder / str(values["semantic.model"]) if values["semantic.model"] else None,
        follow=folder / str(values["follow.path"]),
        mail=_mail(values, open_to),
        file=path,
        digest=_digest(data),
    )


def outdated(settings: Settings) -> tuple[str, str]:
    """Return what a program that goes on with `settings` should tell of their file, and what to type: it was changed since,
    is gone, or cannot be read any more. ("", "") where it is the same.
    """
    if settings.file is None:
        return "", ""
    look = f"ls -l {settings.file}"
    try:
        data = _data(settings.file)
        if _digest(data) == settings.digest:
            return "", ""
        if data is None:
            return (
                f"{settings.file} 不见了：服务照从前读到的设置运行。请放回去；这之前不要重新读取，也不要重新启动。",
                look,
            )
        load(settings.file)
    except StorageError as error:
        return f"{error}服务照从前读到的设置运行。", look
    except (UsageError, NotFoundError) as error:
        return f"{error}服务照从前读到的设置运行：改正之后再重新读取。", "kb source list"
    sentence = (
        f"{settings.file} 在服务读过之后改过：它说的、做的还是照从前的设置。请重新读取"
        "（systemctl reload kb，或 kill -HUP 主进程；在终端里运行的，按 Ctrl+C 再启动）。"
    )
    return sentence, "systemctl reload kb"


def _mail(values: Mapping[str, Any], open_to: Boundary) -> Mail:
    """Return how letters are sent. Raises UsageError where something else is needed for it."""
    mail = Mail(*(values[f"mail.{key}"] for key in ("host", "port", "security", "user", "from", "domains")))
    if not mail.host:
        return mail
    if not mail.sender:
        raise UsageError("设置了 mail.host，还要写 mail.from：发件人的邮箱地址。")
    if not values["serve.address"]:
        raise UsageError("设置了 mail.host，还要写 serve.address：信里的链接由它开头。")
    if problem := boundary.letters_problem(mail, open_to):
        raise UsageError(problem)
    if mail.user and mail.security == "none" and mail.host not in _LOOPBACK:
        raise UsageError("mail.security 是 none 时密码会以明文送出：请改用 starttls 或 tls，或者不写 mail.user。")
    return mail


def _cluster(values: Mapping[str, Any], folder: Path) -> Cluster:
    files = {key: folder / str(values[f"engine.{key}"]) for key in _FILES if values[f"engine.{key}"]}
    return Cluster(
        hosts=tuple(values["engine.hosts"]),
        name=str(values["engine.name"]),
        shards=int(values["engine.shards"]),
        **files,
    )


def _data(path: Path) -> bytes | None:
    with storage.refusals(path, "读"):
        return path.read_bytes() if path.is_file() else None


def _digest(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _read(path: Path, data: bytes) -> tuple[dict[str, Any], tuple[Source, ...]]:
    try:
        source = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        tables: dict[str, Any] = tomllib.loads(source)
    except UnicodeDecodeError as error:
        raise UsageError(f"设置文件 {path} 不是 UTF-8 文本：请另存为 UTF-8。") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_no_toml(path, str(error))) from error
    listed = sources.parse(tables.pop("source", []), source, path)
    given = {
        f"{table}.{key}": value
        for table, entries in tables.items()
        for key, value in (entries.items() if isinstance(entries, dict) else [("", entries)])
    }
    values = {name: default for name, default, _ in SETTINGS}
    for name, value in given.items():
        problem = _problem(name, value, values)
        if problem:
            raise UsageError(f"设置文件 {path} 第 {_line_of(name, source)} 行：{name.rstrip('.')} {problem}。")
        values[name] = tuple(value) if isinstance(value, list) else value
    return values, listed


def _no_toml(path: Path, said: str) -> str:
    """Say where a file stops being TOML; the parser says it in English at the end of its sentence."""
    found = re.search(r"\((?:at line (\d+), column (\d+)|at end of document)\)$", said)
    where = "" if not found else f"第 {found[1]} 行第 {found[2]} 个字" if found[1] else "末尾"
    return f"设置文件 {path} {where}不是合格的 TOML：请检查引号、括号、等号，有没有重复的项。"


def _placed(source: Source, folder: Path) -> Source:
    """Let the path of a local source be relative to the settings' folder, like every path there."""
    return replace(source, url=str(folder / source.url)) if kinds()[source.kind].local else source


def _problem(name: str, value: object, defaults: dict[str, Any]) -> str:
    """Say what is wrong with a setting, or answer "" when nothing is."""
    if name not in defaults:
        # An own list comes before the settings: [[sources]] for [[source]].
        alike = difflib.get_close_matches(name, ["[[source]]", *defaults], n=3)
        meant = f"您是不是要写 {'、'.join(alike)}？" if alike else ""
        return f"不是已知的设置；{meant}全部设置见 docs/settings.md"
    if name in _CHECKED and (wrong := _CHECKED[name](value)):
        return wrong
    if isinstance(defaults[name], tuple):
        return ""
    if isinstance(defaults[name], str):
        filled = isinstance(value, str) and (value or not defaults[name])
        return "" if filled else "应当是一段非空的文字（写在引号里）"
    if isinstance(defaults[name], bool):
        return "" if isinstance(value, bool) else "应当是 true 或 false"
    if not isinstance(value, int) or isinstance(value, bool):
        return "应当是一个整数"
    low, high = _RANGES.get(name, (1, 1_000_000))
    return "" if low <= value <= high else f"应当在 {low} 到 {high} 之间"


def _kind_problem(value: object) -> str:
    return "" if value in ENGINES else f"应当是 {'、'.join(ENGINES)} 之一"


def _name_problem(value: object) -> str:
    return (
        "" if isinstance(value, str) and _ALIAS.fullmatch(value) else "应当是小写字母、数字、- 和 _，以字母或数字开头"
    )


def _hosts_problem(value: object) -> str:
    hosts = value if isinstance(value, list) else []
    if hosts and all(isinstance(host, str) and _HOST.fullmatch(host) for host in hosts):
        return ""
    return '应当是一个或多个网址，例如 ["https://search1.example.com:9200"]，里面不写用户名和密码'


def _origins_problem(value: object) -> str:
    origins = value if isinstance(value, list) else [None]
    if all(isinstance(each, str) and (each == "*" or _HOST.fullmatch(each)) for each in origins):
        return ""
    return '应当是没有路径的网址的列表，例如 ["https://www.example.cn"]，或者 ["*"]'


def _heartbeat_problem(value: object) -> str:
    good = isinstance(value, str) and (not value or value.startswith(("http://", "https://")))
    return "" if good else "应当是以 http:// 或 https:// 开头的网址"


def _names_problem(value: object) -> str:
    names = value if isinstance(value, list) else [None]
    if all(isinstance(each, str) and (each == "*" or _NAME.fullmatch(each)) for each in names):
        return ""
    return '应当是主机名的列表，不带协议、端口和路径，例如 ["kb.example.cn"]，或者 ["*"]'


def _address_problem(value: object) -> str:
    good = isinstance(value, str) and (not value or _HOST.fullmatch(value))
    return "" if good else '应当是没有路径的网址，例如 "https://kb.example.cn"'


def _header_problem(value: object) -> str:
    good = isinstance(value, str) and _HEADER.fullmatch(value)
    return "" if good else "应当是一个请求头的名称，例如 X-Remote-User"


def _networks_problem(value: object) -> str:
    try:
        for each in value if isinstance(value, list) else [None]:
            ip_network(each if isinstance(each, str) else "")
    except ValueError:
        return '应当是 IP 地址或网段的列表，例如 ["127.0.0.1", "10.1.0.0/16"]'
    return ""


def _one_of(words: Iterable[str]) -> Callable[[object], str]:
    return lambda value: "" if value in ("", *words) else f"应当是 {'、'.join(words)} 之一"


def is_mail_address(text: str) -> bool:
    """Return whether a text is one mail address and nothing else: no name, no line break, nothing that a header could take for more."""
    return len(text) <= 254 and bool(_ADDRESSED.fullmatch(text)) and ".." not in text and not text.startswith(".")


def _security_problem(value: object) -> str:
    return "" if value in SECURITY else f"应当是 {'、'.join(SECURITY)} 之一"


def _sender_problem(value: object) -> str:
    good = isinstance(value, str) and (not value or is_mail_address(value))
    return "" if good else "应当是一个邮箱地址，例如 kb@example.cn"


_CHECKED: Mapping[str, Callable[[object], str]] = {
    "serve.mode": lambda value: "" if value in MODES else f"应当是 {'、'.join(MODES)} 之一",
    **{f"serve.{part}": _one_of(words) for part, words in PARTS.items()},
    "serve.monitors": _networks_problem,
    "serve.reader_proxies": _networks_problem,
    "serve.reader_header": _header_problem,
    "engine.kind": _kind_problem,
    "engine.name": _name_problem,
    "engine.hosts": _hosts_problem,
    "serve.address": _address_problem,
    "serve.origins": _origins_problem,
    "serve.hosts": _names_problem,
    "mail.domains": _names_problem,
    "mail.security": _security_problem,
    "mail.from": _sender_problem,
    "mail.user": lambda value: "" if isinstance(value, str) and value.isascii() else "应当是英文字母、数字和符号",
    "refresh.heartbeat": _heartbeat_problem,
}


def _line_of(name: str, source: str) -> int:
    """Find the line (from 1) that sets `table.key`; the table's own line when the key is not on one of its own."""
    table, _, key = name.partition(".")
    current, table_line = "", 1
    for number, line in enumerate(source.splitlines(), start=1):
        header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]", line)
        if header:
            current = header[1]
            table_line = number if current == table else table_line
        elif re.match(rf"\s*\"?{re.escape(key or table)}\"?\s*[=.]", line) and current == (table if key else ""):
            return number
    return table_line
