"""The interface's endpoints → OpenAPI 3.1. Types become JSON Schema by msgspec; nothing here is written by hand twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from flask import Response

from kb import __version__
from kb.export.formats import formats
from kb.web.api.endpoints import Endpoint, Parameter
from kb.web.api.schemas import Problem

_REF = "#/components/schemas/{name}"
FILES = {"csv": "text/csv", **{each.in_api: each.media_type for each in formats().values() if each.in_api}}
"""The media types of files, by the endings of their addresses."""
_ERRORS = {
    "400": "参数不对",
    "404": "没有这份文件、版本或条款",
    "500": "文件读不出来",
    "503": "没有可用的索引，或机器上缺少所需的程序",
}


_SCHEMES = {"basic": {"type": "http", "scheme": "basic"}, "token": {"type": "http", "scheme": "bearer"}}
_REFUSALS = {"401": "没有登录，或名称、密码、令牌不对", "429": "试错的次数太多"}


def describe(endpoints: Sequence[Endpoint], prefix: str, signed_in: bool = False) -> dict[str, Any]:
    """Return the description as an object that JSON can hold; whoever asks has to be `signed_in`, or need not."""
    types = [endpoint.answer for endpoint in endpoints if endpoint.answer is not Response]
    types += [endpoint.body for endpoint in endpoints if endpoint.body]
    found, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    schemas = dict(zip(map(id, types), found, strict=False))
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.template, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
        paths |= {f"{endpoint.template}.{ending}": {"get": _file(endpoint, ending)} for ending in endpoint.endings}
    if signed_in:
        _refuse_strangers(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "政策文库",
            "version": __version__,
            "description": "检索、阅读、引用、对照政策文件。只读；出错时是 RFC 9457 的 problem+json。",
        },
        "servers": [{"url": prefix}],
        "paths": paths,
        "components": {
            "schemas": {name: _plain(schema) for name, schema in components.items()},
            **({"securitySchemes": _SCHEMES} if signed_in else {}),
        },
        **({"security": [{name: []} for name in _SCHEMES]} if signed_in else {}),
    }


def _refuse_strangers(paths: Mapping[str, Any]) -> None:
    """Add what every address answers to who is not signed in."""
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    for operation in (each for path in paths.values() for each in path.values()):
        for status, words in _REFUSALS.items():
            operation["responses"][status] = {"description": words, "content": problem}


def _operation(endpoint: Endpoint, schemas: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    schema = schemas.get(id(endpoint.answer))
    content = {endpoint.media_type: {"schema": schema} if schema else {}}
    sent = {"required": True, "content": {"application/json": {"schema": schemas.get(id(endpoint.body))}}}
    answers: dict[str, Any] = {
        "200": {
            "description": endpoint.summary,
            "headers": {"ETag": {"schema": {"type": "string"}}},
            "content": content,
        },
    }
    if not endpoint.body:
        answers["304"] = {"description": "与 If-None-Match、If-Modified-Since 所说的相同，不再发送"}
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    errors = _ERRORS | ({"413": "发送的内容太大"} if endpoint.body else {})
    answers |= {status: {"description": words, "content": problem} for status, words in errors.items()}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [_parameter(each) for each in endpoint.parameters],
        **({"requestBody": sent} if endpoint.body else {}),
        "responses": answers,
    }


def _file(endpoint: Endpoint, ending: str) -> dict[str, Any]:
    """The same address with an ending: all that is asked for at once, as a file of another format."""
    chosen = [each for each in endpoint.parameters if each.name not in ("limit", "cursor")]
    plain = replace(endpoint, name=f"{endpoint.name}_{ending}", parameters=tuple(chosen), media_type=FILES[ending])
    return _operation(plain, {})


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    described = {"description": text} if (text := schema.pop("description", "")) else {}
    if not parameter.required:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.required,
        "schema": schema,
        **described,
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the docstring of its class, which speaks to who works on the program."""
    return {name: value for name, value in schema.items() if name not in ("description", "title")}
