"""Read an experiment: a preset or a YAML file, over which the environment and the command line may set values.

    experiment = load_experiment("demo", ["audio.n_mels=64"])

The later wins: what the settings have as default, the file, SILENCIO_AUDIO__N_MELS=64 in the environment, `--set`.
"""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from silencio.errors import WrongUse
from silencio.settings import Experiment, Section, Serving

PREFIX, WITHIN = "SILENCIO_", "__"
SERVING = "serving"
"""What the environment calls the service's settings, which are none of an experiment."""

Read = TypeVar("Read", bound=Section)


@dataclass(frozen=True)
class Change:
    """One value that is set over the file's."""

    key: tuple[str, ...]
    value: Any
    origin: str
    """Who says so, as errors and `settings show` call it."""


@dataclass(frozen=True)
class Effective:
    """An experiment, and where each of its values came from."""

    experiment: Experiment
    origins: Mapping[tuple[str, ...], str]
    """By key, of every value that is not a default."""

    def origin(self, key: tuple[str, ...]) -> str:
        return self.origins.get(key, "default")


def presets() -> list[str]:
    folder = files("silencio.presets")
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_experiment(name_or_path: str, changes: Sequence[str] = ()) -> Experiment:
    """A preset by its name, or an experiment file by its path, with the environment's and these changes."""
    return load_effective(name_or_path, changes).experiment


def load_effective(name_or_path: str, changes: Sequence[str] = ()) -> Effective:
    """`changes` are such as "audio.n_mels=64": a key, and a value in YAML."""
    if name_or_path in presets():
        text: str | bytes = (files("silencio.presets") / f"{name_or_path}.yaml").read_text()
        source = f"preset {name_or_path}"
    elif Path(name_or_path).is_file():
        text, source = Path(name_or_path).read_bytes(), name_or_path
    else:
        raise WrongUse(
            f"{name_or_path} is neither a preset nor a file.",
            f"The presets are {', '.join(presets())}; an experiment file is YAML.",
        )
    content = _parse(text, source)
    origins = {key: source for key, _ in _leaves(content)}
    said = [change for change in _from_environment(os.environ) if change.key[0] != SERVING]
    for change in [*said, *map(_from_command_line, changes)]:
        _apply(content, change)
        origins = {key: said for key, said in origins.items() if key[: len(change.key)] != change.key}
        set_here = [key for key, _ in _leaves(_nested(change.key, change.value))]
        origins |= dict.fromkeys(set_here, change.origin)
    return Effective(_validated(Experiment, content, source, origins), origins)


def load_serving(path: Path | None = None, changes: Sequence[str] = ()) -> Serving:
    """The service's settings: a YAML file's, over which SILENCIO_SERVING__BATCHING__LARGEST=8 speaks, and over that
    `--set batching.largest=8`."""
    content: dict[str, Any] = {}
    source = "the service's settings"
    if path is not None:
        if not path.is_file():
            raise WrongUse(f"{path} is no file.", "Name the YAML file of the service's settings.")
        content, source = _parse(path.read_bytes(), str(path)), str(path)
    origins: dict[tuple[str, ...], str] = {}
    environment = [
        Change(change.key[1:], change.value, change.origin)
        for change in _from_environment(os.environ)
        if change.key[0] == SERVING
    ]
    for change in [*environment, *map(_from_command_line, changes)]:
        _apply(content, change)
        origins[change.key] = change.origin
    return _validated(Serving, content, source, origins)


def read_experiment(text: str | bytes, source: str = "the experiment") -> Experiment:
    """As it is written, whatever the environment says. `source` is what an error calls the text."""
    return _validated(Experiment, _parse(text, source), source, {})


def changed(experiment: Experiment, values: Mapping[str, Any], origin: str) -> Experiment:
    """With values of its own at some keys, such as {"audio.n_mels": 64}; `origin` is who an error says set them."""
    content = experiment.model_dump(mode="json")
    for key, value in values.items():
        _apply(content, Change(tuple(key.split(".")), value, origin))
    origins = {tuple(key.split(".")): origin for key in values}
    return _validated(Experiment, content, f"experiment {experiment.name}", origins)


def annotated(experiment: Experiment, note: Callable[[tuple[str, ...]], str]) -> str:
    """Every value in YAML, also the defaults, each on a line with what `note` says of its key as a comment."""
    lines = list(_lines(experiment.model_dump(mode="json"), note))
    width = min(48, max((len(text) for text, said in lines if said), default=0))
    return "".join(f"{text:{width}}  # {said}\n" if said else f"{text}\n" for text, said in lines)


def _lines(
    section: Mapping[str, Any], note: Callable[[tuple[str, ...]], str], key: tuple[str, ...] = ()
) -> Iterable[tuple[str, str]]:
    indent = "  " * len(key)
    for name, value in section.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:", ""
            yield from _lines(value, note, (*key, name))
        else:
            yield f"{indent}{name}: {in_yaml(value)}", note((*key, name))


def in_yaml(value: Any) -> str:
    """On one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


class _EachKeyOnce(yaml.SafeLoader):
    """YAML takes the last of two equal keys and says nothing; whoever wrote both meant something by the first."""


def _construct_mapping(loader: _EachKeyOnce, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key} is set twice", node.value[number][0].start_mark
            )
    return loader.construct_mapping(node, deep=True)


_EachKeyOnce.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def _parse(text: str | bytes, source: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, _EachKeyOnce)  # a SafeLoader
    except yaml.YAMLError as error:
        raise WrongUse(f"{source} is not YAML: {error}.", "Mend it there.") from error
    if not isinstance(content, dict):
        raise WrongUse(f"{source} holds no keys.", "It needs at least `name:`.")
    return content


def _from_environment(environment: Mapping[str, str]) -> list[Change]:
    """SILENCIO_AUDIO__N_MELS is audio.n_mels. Names without a double underscore are the site's, or nobody's:
    Kubernetes puts SILENCIO_PORT into every pod that runs beside a service of our name."""
    return [
        _change(tuple(name.removeprefix(PREFIX).lower().split(WITHIN)), value, name)
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and WITHIN in name
    ]


def _from_command_line(text: str) -> Change:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise WrongUse(f"--set {text} sets nothing.", "Write a key and a value: --set audio.n_mels=64.")
    return _change(tuple(key.strip().split(".")), value, f"--set {key.strip()}")


def _change(key: tuple[str, ...], text: str, origin: str) -> Change:
    try:
        return Change(key, yaml.load(text, _EachKeyOnce), origin)
    except yaml.YAMLError as error:
        raise WrongUse(f"{origin}: {text!r} is not a value in YAML.", "Quote it for the shell.") from error


def _apply(content: dict[str, Any], change: Change) -> None:
    *sections, last = change.key
    place: Any = content
    for number, name in enumerate(sections):
        if isinstance(place, list):
            place = _item(place, name, change)
            continue
        # A section that the file leaves to its defaults, or that is there but empty.
        place[name] = {} if place.get(name) is None else place[name]
        place = place[name]
        if not isinstance(place, dict | list):
            within = ".".join(change.key[: number + 1])
            raise WrongUse(f"{change.origin}: {within} is {place!r}, which holds no keys.", "Set it whole.")
    if isinstance(place, list):
        _item(place, last, change)
        place[int(last)] = change.value
    else:
        place[last] = change.value


def _item(items: list[Any], name: str, change: Change) -> Any:
    if not name.isdecimal() or int(name) >= len(items):
        within = ".".join(change.key)
        raise WrongUse(
            f"{change.origin}: {name} is not one of the {len(items)} items of {within}.",
            "Count from 0, or set the list whole.",
        )
    return items[int(name)]


def _nested(key: tuple[str, ...], value: Any) -> Any:
    for name in reversed(key):
        value = {name: value}
    return value


def _leaves(content: Any, key: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Every value that is no section. A list is one value, and so is a section without any."""
    if isinstance(content, dict) and content:
        for name, inner in content.items():
            yield from _leaves(inner, (*key, str(name)))
    else:
        yield key, content


def _validated(
    kind: type[Read], content: Mapping[str, Any], source: str, origins: Mapping[tuple[str, ...], str]
) -> Read:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        explained = "; ".join(_explain(kind, error, source, origins))
        raise WrongUse(f"{source}: {explained}.", "Mend it and run again.") from error


def _explain(
    kind: type[Section], error: ValidationError, source: str, origins: Mapping[tuple[str, ...], str]
) -> Iterable[str]:
    for problem in error.errors():
        location = tuple(str(part) for part in problem["loc"])
        key = ".".join(location) or "the file"
        origin = next((said for set_, said in origins.items() if set_[: len(location)] == location), source)
        said_by = f" ({origin})" if origin != source else ""
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(location[-1], _known_keys(kind, problem["loc"][:-1]), n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            yield f"{key} is not a key{said_by}{hint}"
        elif location and not isinstance(problem.get("input"), dict):
            yield f"{key} is {problem.get('input')!r}{said_by}: {problem['msg'].removeprefix('Value error, ')}"
        else:
            yield f"{key}: {problem['msg'].removeprefix('Value error, ')}"


def _known_keys(kind: type[Section], location: tuple[Any, ...]) -> list[str]:
    """The keys of the section at a location in the file, e.g. ("data", "reserve")."""
    section: type[BaseModel] = kind
    for part in location:
        if isinstance(part, int):
            continue
        inner = [t for t in _types(section.model_fields[part].annotation) if issubclass(t, BaseModel)]
        if not inner:
            return []
        section = inner[0]
    return list(section.model_fields)


def _types(annotation: Any) -> list[type]:
    """The classes that an annotation is made of: `tuple[GateRule, ...] | None` is GateRule and None's."""
    if get_origin(annotation) in (Union, UnionType, tuple, list):
        return [t for part in get_args(annotation) for t in _types(part)]
    return [annotation] if isinstance(annotation, type) else []
