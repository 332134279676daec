"""How the cluster is reached, and what is said when it is not."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from opensearchpy import OpenSearch
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    OpenSearchException,
    SerializationError,
    SSLError,
    TransportError,
)

from kb.base.errors import BadIndexError, StorageError, UsageError
from kb.base.lazy_re import lazy_re
from kb.config.secret import secret
from kb.config.settings import Cluster

USER, PASSWORD = "KB_ENGINE_USER", "KB_ENGINE_PASSWORD"
"""Environment variables; with `_FILE` behind its name, the password's names the file that holds it."""

# The client logs every answer that is not 200, also those that are expected: nothing for people to see.
logging.getLogger("opensearch").addHandler(logging.NullHandler())

_CLIENT = "集群要求客户端证书时，设置 engine.client_certificate 和 engine.client_key。"
_TITLE = lazy_re("<title>(.*?)</title>", re.DOTALL)
TIMEOUT = 10.0
"""Seconds for which a node may be silent."""

TRIES = 2
"""How often another node is asked then."""

_CONNECTIONS = 16
"""Connections to a node that are kept open: threads beyond it would open one for every request."""

_OLDEST = (2, 11)


class AwayError(StorageError):
    """The cluster cannot be reached, or does not answer."""


class _Json:
    """Writes and reads JSON for the client, in a third of the time that it takes by itself."""

    mimetype = "application/json"

    def dumps(self, data: Any) -> str | bytes:
        """Return what is to be written; what is written already as it is."""
        if isinstance(data, str | bytes):
            return data
        try:
            return msgspec.json.encode(data).decode()
        except UnicodeEncodeError:  # half a character, as broken input has
            return json.dumps(data)

    def loads(self, text: str) -> Any:
        """Return what was read. Raises SerializationError."""
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise SerializationError(text, error) from error


def connect(cluster: Cluster, tries: int = 0) -> OpenSearch:
    """Make a client that tries again so often; nothing is asked yet. Raises UsageError for secrets and certificates that cannot be read."""
    secure: dict[str, Any] = {
        "ca_certs": _file(cluster.certificates, "engine.certificates"),
        "client_cert": _file(cluster.client_certificate, "engine.client_certificate"),
        "client_key": _file(cluster.client_key, "engine.client_key"),
    }
    return OpenSearch(
        list(cluster.hosts),
        headers=_authorization(os.environ),
        timeout=TIMEOUT,
        serializer=_Json(),
        max_retries=tries,
        retry_on_timeout=True,
        pool_maxsize=_CONNECTIONS,
        retry_on_status=(),  # `client_requests.patiently` and `writing.Bulk` wait between their tries
        **{name: value for name, value in secure.items() if value},
    )


def check_version(client: OpenSearch, cluster: Cluster, seconds: float) -> None:
    """Raise UsageError where the hosts are no OpenSearch that will do; they may be silent for so long."""
    told = _version_told(client, seconds)
    number = str(told.get("number", "不明"))
    if told.get("distribution") != "opensearch":
        raise UsageError(f"{_hosts(cluster)} 不是 OpenSearch（版本 {number}）：请检查 engine.hosts。")
    if _read_version(number) < _OLDEST:
        raise UsageError(f"OpenSearch {number} 太旧：请升级到 {'.'.join(map(str, _OLDEST))} 或更高版本。")


def version(client: OpenSearch, seconds: float) -> tuple[int, ...]:
    """Return the version of an OpenSearch: major, minor. It may be silent for so long."""
    return _read_version(_version_told(client, seconds)["number"])


def _version_told(client: OpenSearch, seconds: float) -> Mapping[str, Any]:
    answer: Any = client.info(request_timeout=seconds)
    return answer.get("version", {}) if isinstance(answer, Mapping) else {}


def _read_version(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")[:2]))


@contextmanager
def in_words(cluster: Cluster) -> Iterator[None]:
    """Turn what the client raises into sentences: StorageError, or BadIndexError where the cluster lost the index."""
    try:
        yield
    except OpenSearchException as error:
        raise _sentence(error, cluster) from error


def _sentence(error: OpenSearchException, cluster: Cluster) -> StorageError | BadIndexError:
    hosts = _hosts(cluster)
    match error:
        case SSLError() if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            return StorageError(f"没能与 {hosts} 建立加密连接：请检查网址是不是 https。{_CLIENT}")
        case SSLError():
            return StorageError(f"{hosts} 的证书不可信（{_reason(error)}）：请检查 engine.certificates 和网址。")
        case ConnectionTimeout():
            return AwayError(f"OpenSearch（{hosts}）没有回答：请检查集群是否过载或有节点停住。")
        case ConnectionError():
            return AwayError(f"连不上 OpenSearch（{hosts}）：请检查 engine.hosts、网络和集群是否在运行。")
        case AuthenticationException():
            return StorageError(f"OpenSearch（{hosts}）拒绝了用户名或密码：请检查环境变量 {USER} 和 {PASSWORD}。")
        case AuthorizationException():
            return StorageError(f"OpenSearch 的这个用户没有需要的权限（{_reason(error)}）：请让管理员授权。")
        case TransportError(status_code=400) if "SSL certificate" in _reason(error):  # so says nginx
            return StorageError(f"{hosts} 拒绝了这个连接（{_reason(error)}）：请检查证书。{_CLIENT}")
        case SerializationError() | TransportError(status_code=404, info=str() | None):
            return StorageError(f"{hosts} 的回答不是 OpenSearch 的：请检查 engine.hosts。")
        case TransportError() if "not_discovered" in str(error.error) or "node_not_connected" in str(error.error):
            return StorageError(
                "集群缺了节点，没有管理节点，或者它刚刚换了：现在不能更新。请让缺的节点回来，然后再试。"
            )
        case TransportError(status_code=429):
            return StorageError("OpenSearch 忙不过来，或磁盘将满而拒绝写入：请查看各节点的磁盘和负载，然后再试。")
        case _:
            return StorageError(f"OpenSearch 出错（{_reason(error)}）：请查看集群的日志，用 kb check 检查索引。")


def _reason(error: OpenSearchException) -> str:
    if isinstance(error, TransportError) and isinstance(error.info, Mapping):
        told = error.info.get("error")
        reason = told.get("reason") if isinstance(told, Mapping) else told
        said = str(reason or error.error)
        return f"状态 {error.status_code}" if said.startswith("{") else said[:200]
    if isinstance(error, TransportError) and (page := _TITLE.search(str(error.error))):
        return page[1]  # a proxy's own
    return str(error)[:200]


def _hosts(cluster: Cluster) -> str:
    return "、".join(cluster.hosts)


def _file(path: Path | None, setting: str) -> str:
    if path and not path.is_file():
        raise UsageError(f"找不到 {setting} 所指的文件 {path}：请检查路径。")
    return str(path or "")


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the header with user and password, in UTF-8 (RFC 7617), which the client itself would not write.

    They are in no file of settings, so that those can be shown and copied.
    """
    user, password = environment.get(USER, ""), secret(PASSWORD, environment)
    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {told}"} if user else {}
