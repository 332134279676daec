"""文号: finds a gazette by the number of any document in it, and a joint document by each of its numbers."""

from __future__ import annotations

from pathlib import Path

from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.search.open.engines import open_engine

GAZETTE = (
    "示例市人民政府公报\n2031年第2期\n示例市人民政府关于修渡口的通知\n示府〔2031〕11号\n各区：\n一、修渡口。\n示例市人民政府\n2031年5月6日\n"
    "示例市人民政府关于公布古桥的通知\n示府〔2031〕12号\n各区：\n古桥列为文物。\n示例市人民政府\n2031年5月7日\n"
)
JOINT = "示例市甲局\n示例市乙局文件\n示甲〔2031〕3号\n示乙〔2031〕4号\n关于年检的通知\n各区：\n一、年检。\n示例市甲局　示例市乙局\n2031年3月4日\n"


def test_documents_are_found_by_each_number_in_their_file(tmp_path: Path) -> None:
    (tmp_path / "gongbao.txt").write_text(GAZETTE, encoding="utf-8")
    (tmp_path / "lianhe.txt").write_text(JOINT, encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    pipeline.ingest([tmp_path / "gongbao.txt", tmp_path / "lianhe.txt"], corpus, settings.load(None, tmp_path))
    engine = open_engine(tmp_path / "index")
    assert not engine.update(corpus).problems

    def found(query: str) -> list[tuple[str, str]]:
        return [(hit.document, hit.anchor) for hit in engine.search(query).hits]

    assert found("文号:示府〔2031〕11号") == [("gongbao", "table")]
    assert found("文号:示府〔2031〕12号") == [("gongbao", "annex-1")]
    assert found("文号:示甲〔2031〕3号") == found("文号:示乙〔2031〕4号")
    assert [document for document, _ in found("文号:示乙〔2031〕4号")] == ["lianhe"]
    assert engine.search("示乙〔2031〕4号").hits[0].direct
