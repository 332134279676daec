"""A folder or an archive that people drop documents into; `kb.fetch.lists.folder_of_files` reads it."""

from __future__ import annotations

from kb.fetch.lists.family import Family

FAMILY = Family(
    name="files",
    label="文件夹",
    english="Folder",
    marks="本机的文件夹，或 .zip、.tar 压缩包；往里面放文件就会收录",
    local=True,
)
