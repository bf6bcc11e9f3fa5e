"""What a compiled pipeline will do, as a tree that a person reads: `silencio pipeline show`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Spec = Mapping[str, Any]
CHANNEL = "pipelinechannel--"
INDENT = "  "


@dataclass(frozen=True)
class Step:
    """One task that runs in a container of its own."""

    name: str
    component: str
    """Kubeflow numbers the tasks of one component: `refuse` and `refuse-2` are both of component `refuse`."""
    outputs: Mapping[str, str]
    """Artifacts by name: the type, such as system.Markdown."""
    given: Mapping[str, Any]
    """The inputs that are written into the pipeline, by name."""


def steps(spec: Spec) -> list[Step]:
    """All that may run, also within conditions. `spec` is the pipeline's own document of the IR."""
    return list(_steps(spec, spec["root"]["dag"]))


def _steps(spec: Spec, dag: Spec) -> Iterator[Step]:
    for name, task in dag["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            yield from _steps(spec, component["dag"])
        else:
            inputs = task.get("inputs", {}).get("parameters", {})
            given = {k: v["runtimeValue"]["constant"] for k, v in inputs.items() if "runtimeValue" in v}
            outputs = _artifacts(component.get("outputDefinitions", {}))
            yield Step(name, _component_of(component), outputs, given)


def _component_of(component: Spec) -> str:
    """Without the number that tells it from the same component in another branch."""
    label = str(component["executorLabel"]).removeprefix("exec-")
    stem, _, number = label.rpartition("-")
    return stem if number.isdigit() else label


def _artifacts(definitions: Spec) -> dict[str, str]:
    return {name: a["artifactType"]["schemaTitle"] for name, a in definitions.get("artifacts", {}).items()}


def shape(documents: list[dict[str, Any]]) -> str:
    """Steps, conditions, inputs, outputs and types, resources, attempts, times, caching; neither image nor code."""
    spec, platform = documents[0], documents[1] if len(documents) > 1 else {}
    places = (
        platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
    )
    lines = [spec["pipelineInfo"]["name"]]
    lines += [f"{INDENT}takes {line}" for line in _parameters(spec["root"].get("inputDefinitions", {}))]
    lines += [INDENT + line for line in _dag(spec, places, spec["root"]["dag"])]
    return "\n".join(lines) + "\n"


def _parameters(definitions: Spec) -> Iterator[str]:
    for name, parameter in definitions.get("parameters", {}).items():
        default = f" = {parameter['defaultValue']!r}" if "defaultValue" in parameter else ""
        yield f"{name}: {_type(parameter)}{default}"


def _type(parameter: Spec) -> str:
    return str(parameter["parameterType"]).lower()


def _dag(spec: Spec, places: Spec, dag: Spec) -> Iterator[str]:
    """A step after those that it waits for; loops and conditions once no step beside them can go before."""
    tasks = dag["tasks"]
    inner = {
        name: spec["components"][task["componentRef"]["name"]].get("dag") for name, task in tasks.items()
    }
    for name in _in_order(tasks, {name for name in tasks if inner[name]}):
        if not inner[name]:
            yield from _step(name, tasks[name], spec, places)
            continue
        heading = _heading(tasks[name])
        if heading:
            yield heading
        # What only holds branches together is no level of its own.
        margin = INDENT if heading else ""
        yield from (margin + line for line in _dag(spec, places, inner[name]))


def _heading(task: Spec) -> str:
    """When, or for what, the steps within run."""
    if condition := task.get("triggerPolicy", {}).get("condition"):
        return f"if {_plain(condition)}"
    looped = task.get("parameterIterator") or task.get("artifactIterator")
    if not looped:
        return ""
    items = looped["items"]
    at_once = task.get("iteratorPolicy", {}).get("parallelismLimit")
    most = f", at most {at_once} at once" if at_once else ""
    over = items.get("raw") or items["inputParameter"].removeprefix(CHANNEL).replace("-Output", ".Output")
    return f"for each of {over}{most}"


def _in_order(tasks: Mapping[str, Spec], groups: set[str]) -> list[str]:
    """By what waits for what; where nothing does, steps before groups of them, and by name."""
    done: list[str] = []
    while len(done) < len(tasks):
        ready = (n for n in tasks if n not in done and _waits(tasks[n]) <= set(done))
        done.append(min(ready, key=lambda name: (name in groups, name)))
    return done


def _waits(task: Spec) -> set[str]:
    return set(task.get("dependentTasks", ()))


def _plain(condition: str) -> str:
    return (
        condition.replace(f"inputs.parameter_values['{CHANNEL}", "")
        .replace("']", "")
        .replace("-Output", ".Output")
    )


def _step(name: str, task: Spec, spec: Spec, places: Spec) -> Iterator[str]:
    component = spec["components"][task["componentRef"]["name"]]
    container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
    place = places.get(component["executorLabel"], {})
    yield name
    if waits := sorted(_waits(task)):
        anyway = task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"
        yield f"{INDENT}after {', '.join(waits)}{', however they ended' if anyway else ''}"
    takes, gives = component.get("inputDefinitions", {}), component.get("outputDefinitions", {})
    given = task.get("inputs", {})
    for key, kind in sorted(_types(takes).items()):
        source = given.get("parameters", {}).get(key) or given.get("artifacts", {}).get(key)
        yield f"{INDENT}in {key}: {kind} {_source(source)}".rstrip()
    for key, kind in sorted(_types(gives).items()):
        yield f"{INDENT}out {key}: {kind}"
    yield f"{INDENT}{', '.join(_terms(task, container, place))}"


def _types(definitions: Spec) -> dict[str, str]:
    parameters = {name: _type(p) for name, p in definitions.get("parameters", {}).items()}
    return parameters | _artifacts(definitions)


def _source(source: Spec | None) -> str:
    if source is None:
        return ""
    if "runtimeValue" in source:
        return f"= {source['runtimeValue']['constant']!r}"
    for producer in ("taskOutputParameter", "taskOutputArtifact"):
        if producer in source:
            made = source[producer]
            return (
                f"from {made['producerTask']}."
                f"{(made.get('outputParameterKey') or made['outputArtifactKey']).removeprefix(CHANNEL)}"
            )
    if "taskFinalStatus" in source:
        return f"of {source['taskFinalStatus']['producerTask']}"
    handed = str(source.get("componentInputParameter") or source["componentInputArtifact"])
    return f"from {handed.removeprefix(CHANNEL)}"


def _terms(task: Spec, container: Spec, place: Spec) -> Iterator[str]:
    yield "cached" if task.get("cachingOptions", {}).get("enableCache") else "never cached"
    asked = container.get("resources", {})
    if asked:
        yield f"{asked['resourceCpuRequest']} CPU"
        yield str(asked["resourceMemoryRequest"])
    if accelerator := asked.get("accelerator"):
        yield f"{accelerator['resourceCount']} {accelerator['resourceType']}"
    if retry := task.get("retryPolicy"):
        first = float(str(retry["backoffDuration"]).removesuffix("s"))
        pauses = [first * retry["backoffFactor"] ** n for n in range(retry["maxRetryCount"])]
        yield "again after " + " and ".join(f"{pause:.0f} s" for pause in pauses)
    if limit := place.get("activeDeadlineSeconds"):
        yield f"stopped after {int(limit) / 60:.0f} min"
    for volume in place.get("pvcMount", ()):
        yield f"volume {volume['constant']} at {volume['mountPath']}"
    for secret in place.get("secretAsEnv", ()):
        yield f"{' and '.join(k['envVar'] for k in secret['keyToEnv'])} from secret {secret['secretName']}"
    yield from (f"{variable['name']}={variable['value']}" for variable in container.get("env", ()))
