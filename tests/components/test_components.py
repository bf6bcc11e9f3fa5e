"""What holds of every component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import components
from pipelines.resources import _needs
from silencio.settings import Kubeflow

FILES = sorted(Path(components.__path__[0]).glob("*.py"))
SHARED = {"__init__", "image", "receipts", "shown", "working"}
COMPONENTS = [path for path in FILES if path.stem not in SHARED]
LONGEST_BODY = 27


def function_of(path: Path) -> Callable[..., Any]:
    module = __import__(f"components.{path.stem}", fromlist=["_"])
    function: Callable[..., Any] = getattr(module, path.stem).python_func
    return function


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_a_component_is_thin(path: Path) -> None:
    source = path.read_text()
    body = source[source.index('"""', source.index("def ")) + 3 :].split('"""', 1)[1]
    assert len([line for line in body.splitlines() if line.strip()]) <= LONGEST_BODY


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_a_component_says_what_it_takes_and_gives(path: Path) -> None:
    function = function_of(path)
    said = function.__doc__ or ""
    assert [name for name in function.__annotations__ if name != "return" and f"{name}: " not in said] == []
    assert ("Returns:" in said) == (function.__annotations__["return"] is not None)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_a_component_has_tests_of_its_own(path: Path) -> None:
    own = Path(__file__).with_name(f"test_{path.stem}.py").read_text()
    assert f"{path.stem}.python_func(" in own


def test_of_every_step_it_is_said_what_it_asks_of_a_cluster() -> None:
    named = {path.stem.replace("_", "-") for path in COMPONENTS}
    assert set(_needs(Kubeflow())) == named
