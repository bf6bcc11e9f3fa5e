"""Serves the schema over Terraform's plugin protocol 6, and keeps no cloud behind it.

Started by Terraform, through the launcher that `mirror` writes: `python -m openstack_stub.provider SCHEMA`.
"""

# ruff: noqa: N802 - the protocol names the methods
# mypy: disable-error-code="import-untyped"

import json
import sys
import uuid
from pathlib import Path
from typing import Any

import msgpack
import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc as rpc

from .schema import Attribute, Block, Body, Schema

FLOATING_IP = "192.0.2.10"  # from the range that RFC 5737 keeps for documentation

UNKNOWN = msgpack.ExtType(0, b"\0")

Values = dict[str, Any]


class OpenStackStub(rpc.ProviderServicer):  # type: ignore[misc]
    """Accepts every change that fits the schema; what is left out is taken for what the cloud sets."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def GetMetadata(self, request: Any, context: Any) -> Any:
        return protocol.GetMetadata.Response(
            resources=[
                protocol.GetMetadata.ResourceMetadata(type_name=name) for name in self._schema["resources"]
            ],
            data_sources=[
                protocol.GetMetadata.DataSourceMetadata(type_name=name)
                for name in self._schema["data_sources"]
            ],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return protocol.GetProviderSchema.Response(
            provider=_schema(self._schema["provider"], computed=False),
            resource_schemas={name: _schema(body) for name, body in self._schema["resources"].items()},
            data_source_schemas={name: _schema(body) for name, body in self._schema["data_sources"].items()},
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return protocol.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return protocol.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return protocol.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        return protocol.ConfigureProvider.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        return protocol.UpgradeResourceState.Response(
            upgraded_state=_encode(json.loads(request.raw_state.json))
        )

    def ReadResource(self, request: Any, context: Any) -> Any:
        return protocol.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        planned = _decode(request.proposed_new_state)
        creating = _decode(request.prior_state) is None
        if creating and planned is not None:
            for name in self._schema["resources"][request.type_name]["attributes"]:
                if planned[name] is None:
                    planned[name] = UNKNOWN
        return protocol.PlanResourceChange.Response(planned_state=_encode(planned))

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        state = _decode(request.planned_state)
        if state is not None:
            for name, attribute in self._schema["resources"][request.type_name]["attributes"].items():
                if state[name] == UNKNOWN:
                    state[name] = _invent(name, attribute, identifier=uuid.uuid4())
        return protocol.ApplyResourceChange.Response(new_state=_encode(state))

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        state = _decode(request.config) or {}
        same_every_time = uuid.uuid5(uuid.NAMESPACE_OID, request.type_name + request.config.msgpack.hex())
        for name, attribute in self._schema["data_sources"][request.type_name]["attributes"].items():
            if state[name] is None:
                state[name] = _invent(name, attribute, identifier=same_every_time)
        return protocol.ReadDataSource.Response(state=_encode(state))

    def StopProvider(self, request: Any, context: Any) -> Any:
        return protocol.StopProvider.Response()


def _invent(name: str, attribute: Attribute, identifier: uuid.UUID) -> Any:
    """What the cloud would have answered: an identifier, one address, otherwise nothing."""
    if name == "id":
        return str(identifier)
    if name == "address":
        return FLOATING_IP
    kind = attribute["type"]
    if isinstance(kind, str):
        return {"string": "", "number": 0, "bool": False}[kind]
    return {} if kind[0] == "map" else []


def _schema(body: Body, *, computed: bool = True) -> Any:
    return protocol.Schema(version=0, block=_block(body, computed=computed))


def _block(body: Body, *, computed: bool) -> Any:
    return protocol.Schema.Block(
        version=0,
        attributes=[
            _attribute(name, attribute, computed) for name, attribute in sorted(body["attributes"].items())
        ],
        block_types=[_nested(name, block) for name, block in sorted(body["blocks"].items())],
    )


def _attribute(name: str, attribute: Attribute, computed: bool) -> Any:
    optional = attribute["settable"] and not attribute["required"]
    return protocol.Schema.Attribute(
        name=name,
        type=json.dumps(attribute["type"]).encode(),
        required=attribute["required"],
        optional=optional,
        # The bindings do not tell which optional attributes the cloud may set, so all of them may.
        computed=not attribute["settable"] or (optional and computed),
    )


def _nested(name: str, block: Block) -> Any:
    nesting = protocol.Schema.NestedBlock.NestingMode.Value(block["nesting"].upper())
    lone_object = block["nesting"] == "single"
    return protocol.Schema.NestedBlock(
        type_name=name,
        block=_block(block["body"], computed=False),
        nesting=nesting,
        min_items=1 if block["required"] and not lone_object else 0,
        max_items=1 if block["at_most_one"] and not lone_object else 0,
    )


def _decode(value: Any) -> Values | None:
    decoded: Values | None = msgpack.unpackb(value.msgpack, strict_map_key=False)
    return decoded


def _encode(values: Values | None) -> Any:
    return protocol.DynamicValue(msgpack=msgpack.packb(values))


class _Identity:
    def full_name(self) -> str:
        return "registry.terraform.io/terraform-provider-openstack/openstack"


if __name__ == "__main__":
    schema: Schema = json.loads(Path(sys.argv[1]).read_text())
    # `tf` offers no way to hand it a servicer; it looks this name up when it starts.
    tf.provider.ProviderServicer = lambda _identity: OpenStackStub(schema)
    tf.runner.run_provider(_Identity(), sys.argv)
