"""Collections of laws → corpus: the public LawRefBook/Laws layout, as folder or archive, and the National Database's DOCX.

A law is all files of one title. Those with different dates are its versions: the newest text is the document, the older
ones stand beside it. Those without dates that print a second title (总则, 物权编 …) are its parts and are joined in the
order of their articles.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from kb.base import inside, scratch, storage
from kb.base.errors import NotFoundError, StorageError, UnreadableError, UsageError, is_refusal, refusal
from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.chinese.numerals import read
from kb.config.settings import Settings
from kb.corpus.folder import Corpus, safe_name
from kb.ingest import derive, pipeline
from kb.ingest.formats.files import LINK
from kb.ingest.pipeline import Input, Report
from kb.structure import statute

SOURCE = "laws"
_MOST_UNPACKED, _MOST_FILES, _MOST_OF_ONE = 8_000_000_000, 500_000, 200_000_000  # bytes, files, bytes of a file
_ARCHIVES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2")
_INFO_END = "<!-- INFO END -->"
_TITLE = lazy_re(r"^#[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_HEADING = lazy_re(r"^(#{1,5})(?=[ \t]|$)", re.MULTILINE)
_ARTICLE = lazy_re(r"^第[^条\s]{1,9}条", re.MULTILINE)
_TEMPLATE = "bookHidden: true"
_FOLDED = lazy_re(r"\s+")


@dataclass(frozen=True, slots=True)
class _File:
    """A law's file: its folded title and, where it is a part of a law, the title of the part."""

    path: Path
    origin: str
    title: str
    part: str = ""


def import_laws(
    paths: Sequence[Path],
    corpus: Corpus,
    settings: Settings,
    source: str = SOURCE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Bring laws into `corpus/<source>/`. A file that is there already is not read again, so a killed run goes on; only
    its snapshot is stored once more where it was lost or damaged.

    Raises NotFoundError for a path that does not exist, UnreadableError for a damaged archive, UsageError for a bad
    source name, StorageError when the corpus cannot be written.
    """
    report = Report()
    with ExitStack() as stack, corpus.writing("import laws"):
        place = stack.enter_context(scratch.folder("laws"))
        files = [file for number, path in enumerate(paths) for file in _files(path, place / str(number), report)]
        inputs = _new(_joined(files, place), corpus, source, report)
        for done, (each, built) in enumerate(pipeline.build_all(inputs, source, settings), start=1):
            if built.document:
                document = _law(built.document, files, corpus, source)
                pipeline.count(report, corpus.write_edition(document, built.data))
            else:
                report.failures.append((each.origin, built.failure))
            if on_progress:
                on_progress(done, len(inputs))
    return report


def _law(document: Document, files: Sequence[_File], corpus: Corpus, source: str) -> Document:
    """Make a law of a built document: its id comes from its title, so all versions share it."""
    law = statute.standing(document)
    parts = [file.origin for file in files if file.part and law.provenance.origin == _origin_of_whole(file)]
    if parts:
        note = f"{derive.JOINED}{len(parts)} 个文件按条文次序合并：{'、'.join(parts)}。"
        law = replace(law, provenance=replace(law.provenance, notes=(*law.provenance.notes, note)))
    title = law.metadata.title
    name = safe_name(statute.short_title(title))
    known = (corpus.root / source / f"{name}.md").is_file()
    return replace(law, id=name if known else corpus.id_for(source, title, name))


def _files(path: Path, place: Path, report: Report) -> Iterator[_File]:
    """Yield the laws in a folder, an archive or a file of its own; what is none is counted in the report."""
    if path.is_symlink():
        raise UsageError(f"{path} {LINK}")
    if not path.exists():
        raise NotFoundError(f"找不到 {path}：请检查路径。")
    if path.name.endswith(_ARCHIVES):
        path = _unpacked(path, place)
    root = path if path.is_dir() else path.parent
    shown = (each for each in storage.below(root) if not each.name.startswith("."))
    for each in sorted(shown) if path.is_dir() else [path]:
        if each.is_symlink():
            report.skipped["链接"] += 1
        elif each.is_file():
            origin = each.relative_to(root).as_posix()
            try:
                law = _recognised(each, origin)
            except UnreadableError as error:
                report.failures.append((origin, str(error)))
                continue
            if law:
                yield law
            else:
                report.skipped[each.suffix.lower() or each.name] += 1


def _unpacked(archive: Path, folder: Path) -> Path:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter=_Bounded())
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, OSError) as error:
        if is_refusal(error):
            raise StorageError(f"解不开 {archive}：{refusal(error)}。") from error
        raise UnreadableError(f"打不开压缩包 {archive}（{error}）：请检查它是否完整，或先解开再导入文件夹。") from error
    return folder


class _Bounded:
    """Lets out of an archive what stays below the folder, so much and so many at most."""

    def __init__(self) -> None:
        self._bytes = self._files = 0

    def __call__(self, member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
        """Return a member as it is to be unpacked. Raises UnreadableError."""
        self._bytes += member.size
        self._files += 1
        if self._bytes > _MOST_UNPACKED or self._files > _MOST_FILES:
            raise UnreadableError("压缩包解开之后太大（可能是压缩炸弹），没有解完：请检查它，或先解开再导入文件夹。")
        return tarfile.data_filter(member, folder)


def _text(path: Path) -> str:
    """Read a law's Markdown. Raises UnreadableError for what is no plain file, or too large."""
    return inside.read(path.parent, path.name, _MOST_OF_ONE).decode("utf-8", "replace")


def _recognised(path: Path, origin: str) -> _File | None:
    """Tell a law's file: Markdown with the mark that ends a preamble, or a DOCX."""
    if path.suffix.lower() == ".docx":
        return _File(path, origin, _folded(statute.unstamped(path.stem)))
    if path.suffix.lower() != ".md":
        return None
    text = _text(path)
    head, mark, _ = text.partition(_INFO_END)
    titles = _TITLE.findall(head)
    if not mark or not titles or _TEMPLATE in head:
        return None
    part = titles[1] if len(titles) > 1 and not statute.stamp(path.stem) else ""
    return _File(path, origin, _folded(titles[0]), part)


def _joined(files: Sequence[_File], place: Path) -> Iterator[Input]:
    """Yield what to build: files as they are, the parts of a law as one file written to `place`."""
    parts: dict[str, list[_File]] = {}
    for file in files:
        if file.part:
            parts.setdefault(_origin_of_whole(file), []).append(file)
        else:
            yield Input(file.path, file.origin)
    for origin, some in parts.items():
        whole = place / f"{safe_name(origin)}.md"
        texts = {file.part: _text(file.path) for file in some}
        whole.write_text(_one_text(texts), encoding="utf-8")
        yield Input(whole, origin)


def _origin_of_whole(part: _File) -> str:
    folder = Path(part.origin).parent
    return (folder / f"{statute.short_title(part.title)}.md").as_posix()


def _one_text(texts: dict[str, str]) -> str:
    """Join the parts of a law: the common head once, each part below its own title, one level deeper."""
    ordered = sorted(texts.items(), key=lambda item: _first_article(item[1]))
    title, preamble = "", ""
    bodies = []
    for part, text in ordered:
        head, _, body = text.partition(_INFO_END)
        title = _TITLE.findall(head)[0]
        preamble = preamble or "\n".join(line for line in head.split("\n") if not line.startswith("#"))
        deeper = _HEADING.sub(r"#\1", body).strip()
        bodies.append(f"## {part}\n\n{deeper}\n")
    return f"# {title}\n{preamble}\n{_INFO_END}\n\n" + "\n".join(bodies)


def _first_article(text: str) -> tuple[int, ...]:
    found = _ARTICLE.search(text)
    number = read(f"{found[0]}　") if found else None
    return number.values if number else (1 << 30,)


def _new(inputs: Iterator[Input], corpus: Corpus, source: str, report: Report) -> list[Input]:
    """Leave out what the corpus has, the same bytes, once their snapshot is sound."""
    digests, new = corpus.digests(source), []
    for each in inputs:
        data = inside.read(each.path.parent, each.path.name, _MOST_OF_ONE)
        if hashlib.sha256(data).hexdigest() in digests:
            corpus.snapshots.store(data)
            report.unchanged += 1
        else:
            new.append(each)
    return new


def _folded(title: str) -> str:
    return _FOLDED.sub("", title)
