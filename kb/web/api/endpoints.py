"""An interface whose description is written from its code: each address is a function, whose annotations say what may be
asked and what is answered. They are checked when it is called and told by `kb.web.api.openapi`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_type_hints

import msgspec
from flask import Blueprint, Response, request

from kb import __version__
from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.web.context.library import library

_IN_PATH = lazy_re(r"<(\w+)>")
_SHOWN = 20

Id = Annotated[str, msgspec.Meta(description="文件的编号，地址里 /d/ 后面的部分")]
Anchor = Annotated[str, msgspec.Meta(description="条款的锚点，例如 1-3-2、art-12、art-12-p1-i2")]
ON_A_DAY: dict[str, Any] = {"anyOf": [{"format": "date"}, {"enum": [""]}]}
Day = Annotated[
    str, msgspec.Meta(description="哪一天，写成 2021-11-22 的样子；不写就是今天", extra_json_schema=ON_A_DAY)
]
Name = Annotated[str, msgspec.Meta(max_length=300)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand in an address: in its path, or after the question mark. `type` may carry `msgspec.Meta`."""

    name: str
    type: Any
    in_path: bool = False
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        """Whether the address is incomplete without it."""
        return self.default is inspect.Parameter.empty

    @property
    def repeated(self) -> bool:
        """Whether it may be given several times."""
        return self.schema.get("type") == "array"

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        found: dict[str, Any] = msgspec.json.schema(self.type)
        return found

    def read(self, path: dict[str, str]) -> Any:
        """Its value in the present request. Raises UsageError."""
        if self.in_path:
            given: Any = path[self.name]
        elif self.name not in request.args:
            if self.required:
                raise UsageError(f"缺少参数 {self.name}：{self.schema.get('description', '')}。")
            return self.default
        else:
            given = request.args.getlist(self.name) if self.repeated else request.args[self.name]
        try:
            return msgspec.convert(given, self.type, strict=False)
        except msgspec.ValidationError as error:
            shown = given if isinstance(given, str) else "、".join(given)
            raise UsageError(f"参数 {self.name} {self._expected()}，现在是“{shown[:_SHOWN]}”。") from error

    def _expected(self) -> str:
        match self.schema:
            case {"enum": values}:
                return f"应当是 {'、'.join(map(str, values))} 之一"
            case {"type": "integer", "minimum": low, "maximum": high}:
                return f"应当是 {low} 到 {high} 之间的整数"
            case {"maxLength": most}:
                return f"最多 {most} 个字"
            case {"maxItems": most}:
                return f"一次最多 {most} 个"
        return "写法不对"


@dataclass(frozen=True, slots=True)
class State:
    """What an answer depends on, known before it is made; `modified` is when that last changed."""

    tag: str
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of the interface. `answer` is the type of what it answers, as JSON unless `media_type` says otherwise."""

    name: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: Any
    media_type: str
    function: Callable[..., Any]
    state: Callable[..., State] | None
    body: Any = None
    endings: tuple[str, ...] = ()
    """What may stand after the address, to be answered in another format: .md, .csv."""

    @property
    def method(self) -> str:
        """GET, or POST where something is sent: `body` is its type, a dataclass."""
        return "POST" if self.body else "GET"

    @property
    def fields(self) -> tuple[Parameter, ...]:
        """What may stand in the body."""
        hints = get_type_hints(self.body, include_extras=True) if self.body else {}
        return tuple(
            Parameter(name, hint, default=getattr(self.body, name, inspect.Parameter.empty))
            for name, hint in hints.items()
        )

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it: /documents/{id}."""
        return _IN_PATH.sub(r"{\1}", self.path)

    def __call__(self, **path: str) -> Response:
        """Return the present request. Raises UsageError and what the function raises."""
        self._refuse_unknown()
        values = {parameter.name: parameter.read(path) for parameter in self.parameters}
        values |= {"body": self._sent()} if self.body else {}
        state = self.state(**_wanted(self.state, values)) if self.state else None
        tag = _tag(state) if state else ""
        if tag and request.if_none_match.contains_weak(tag):
            return Response(status=304, headers={"ETag": f'W/"{tag}"'})
        made = self.function(**_wanted(self.function, values))
        answer = (
            made if isinstance(made, Response) else Response(msgspec.json.encode(made), mimetype="application/json")
        )
        if state:
            answer.set_etag(tag, weak=True)
            answer.last_modified = state.modified
        return answer

    def _sent(self) -> Any:
        """The body of the present request. Raises UsageError."""
        try:
            return msgspec.json.decode(request.get_data(), type=self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            told = "；".join(f"{each.name} 是{each.schema['description']}" for each in self.fields)
            raise UsageError(f"请发送 JSON：{told}。") from error

    def _refuse_unknown(self) -> None:
        """A misspelt parameter is told: to pass over it would answer another question than the one asked."""
        known = [parameter.name for parameter in self.parameters if not parameter.in_path]
        unknown = next((name for name in request.args if name not in known), None)
        if unknown is not None:
            there = f"可用的有 {'、'.join(known)}" if known else "这个地址没有参数"
            raise UsageError(f"没有参数“{unknown[:_SHOWN]}”：{there}。")


class Interface:
    """The endpoints of a blueprint, in the order in which they are written."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.endpoints: list[Endpoint] = []
        self._blueprint = blueprint

    def get(
        self,
        path: str,
        summary: str,
        *,
        also: Sequence[Parameter] = (),
        state: Callable[..., State] | None = None,
        media_type: str = "application/json",
        endings: tuple[str, ...] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make an endpoint of a function. `also` are parameters that it reads from the request itself; `state` answers,
        from parameters that it names, what the answer depends on; `endings` are served by others.
        """

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            self._add(path, summary, function, also, state, media_type, endings)
            return function

        return decorate

    def post(self, path: str, summary: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make an endpoint of a function to which something is sent: its parameter `body`."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            self._add(path, summary, function)
            return function

        return decorate

    def _add(
        self,
        path: str,
        summary: str,
        function: Callable[..., Any],
        also: Sequence[Parameter] = (),
        state: Callable[..., State] | None = None,
        media_type: str = "application/json",
        endings: tuple[str, ...] = (),
    ) -> None:
        hints = get_type_hints(function, include_extras=True)
        names = _IN_PATH.findall(path)
        own = [
            Parameter(name.removesuffix("_"), hints[name], name in names, each.default)
            for name, each in inspect.signature(function).parameters.items()
            if name != "body"
        ]
        parameters, answer = (*own, *also), hints["return"]
        endpoint = Endpoint(
            function.__name__,
            path,
            summary,
            parameters,
            answer,
            media_type,
            function,
            state,
            hints.get("body"),
            endings,
        )
        self.endpoints.append(endpoint)
        self._blueprint.add_url_rule(path, function.__name__, endpoint.__call__, methods=[endpoint.method])


def _wanted(function: Callable[..., Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values that a function has parameters for; `from` is called `from_` there."""
    names = inspect.signature(function).parameters
    return {name: values[name.removesuffix("_")] for name in names if name.removesuffix("_") in values}


def _tag(state: State) -> str:
    """The answer's ETag: what it depends on, what was asked, and the program that answers."""
    made_of = f"{state.tag} {library().state()} {request.host_url} {request.full_path} {__version__}"
    return hashlib.sha256(made_of.encode("utf-8", "surrogatepass")).hexdigest()[:32]
