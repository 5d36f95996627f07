"""Runs a Pulumi program without Pulumi's engine and keeps everything it registered.

Pulumi's SDK sends registrations to a monitor; here the monitor is the SDK's own mock, which keeps them instead. Two
traps of that mock are closed here, since a check built on it would otherwise pass on nothing: registrations are
sent by background tasks, so the program has to be drained before anybody looks; and settings of an earlier
run stay in the process, so each run starts from a fresh root.
"""

import asyncio
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import pulumi
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2

PROJECT = "energy-lake"
STACK_TYPE = "pulumi:pulumi:Stack"

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The resource options that reach the engine."""

    parent: str
    depends_on: tuple[str, ...]
    protect: bool
    ignore_changes: tuple[str, ...]
    retain_on_delete: bool
    delete_before_replace: bool
    provider: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registered resource.

    Attributes:
        token: Its type, such as ``aws:s3/bucket:Bucket``.
        name: Its Pulumi name.
        urn: Its identity within the program.
        id: What the mock answered as its id.
        inputs: What the program asked for, in the provider's camelCase names, secrets laid open.
        secrets: The top-level inputs that are secret.
        custom: Whether a provider builds it; False for a component.
        options: The resource options.
    """

    token: str
    name: str
    urn: str
    id: str
    inputs: dict[str, Any]
    secrets: frozenset[str]
    custom: bool
    options: Options


class RecordingMonitor(mocks.MockMonitor):
    """The mock monitor, with a memory for what the mock itself does not keep."""

    def __init__(self, answering: pulumi.runtime.Mocks) -> None:
        super().__init__(answering)
        self.registered: list[Resource] = []
        self.component_outputs: dict[str, dict[str, Any]] = {}

    def RegisterResource(  # noqa: N802 - gRPC's spelling
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Answer as the mock does, and keep what was asked."""
        answered: Callable[[Any], resource_pb2.RegisterResourceResponse] = super().RegisterResource
        response = _with_own_loop(lambda: answered(request))
        if request.type != STACK_TYPE:
            inputs = rpc.deserialize_properties(request.object)
            self.registered.append(
                Resource(
                    token=request.type,
                    name=request.name,
                    urn=response.urn,
                    id=response.id,
                    inputs=_open(inputs),
                    secrets=frozenset(key for key, value in inputs.items() if rpc.is_rpc_secret(value)),
                    custom=request.custom,
                    options=_options(request),
                )
            )
        return response

    def RegisterResourceOutputs(  # noqa: N802 - gRPC's spelling
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> object:
        """Keep what a component says are its outputs."""
        self.component_outputs[request.urn] = _open(rpc.deserialize_properties(request.outputs))
        answered: Callable[[Any], object] = super().RegisterResourceOutputs
        return answered(request)

    def Invoke(  # noqa: N802 - gRPC's spelling
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a function call as the mock does."""
        answered: Callable[[Any], resource_pb2.ResourceInvokeResponse] = super().Invoke
        return _with_own_loop(lambda: answered(request))


@dataclass(frozen=True, kw_only=True, weakref_slot=True, slots=True)
class Recording(Generic[T]):
    """What a program made and registered.

    Attributes:
        made: What the program returned.
        resources: Everything registered, components too, in order of URN.
        exports: What it exported, resolved.
        component_outputs: URN of a component -> what it registered as outputs.
    """

    made: T
    resources: tuple[Resource, ...]
    exports: Mapping[str, Any]
    component_outputs: Mapping[str, Mapping[str, Any]]
    _loop: asyncio.AbstractEventLoop = field(repr=False)

    def of(self, token: str) -> list[Resource]:
        """The resources of a type, in order of name."""
        return sorted((r for r in self.resources if r.token == token), key=lambda r: r.name)

    def one(self, token: str, name_suffix: str | None = None) -> Resource:
        """The only resource of a type (whose name ends so).

        Raises:
            LookupError: There is none, or more than one; the message lists the names there are.
        """
        found = [r for r in self.of(token) if name_suffix is None or r.name.endswith(name_suffix)]
        if len(found) != 1:
            wanted = token if name_suffix is None else f"{token} ending in {name_suffix!r}"
            there = ", ".join(r.name for r in self.of(token)) or f"none; registered types: {', '.join(self.tokens)}"
            raise LookupError(f"wanted one {wanted}, found {len(found)} (of this type: {there})")
        return found[0]

    @property
    def tokens(self) -> list[str]:
        """The types that were registered, each once, sorted."""
        return sorted({r.token for r in self.resources})

    def counts(self) -> dict[str, int]:
        """How many resources of each type were registered, components too."""
        return {token: len(self.of(token)) for token in self.tokens}

    def value(self, output: "pulumi.Output[R] | R") -> R:
        """What an output (or a plain value, or a collection with outputs in it) comes to."""
        asyncio.set_event_loop(self._loop)
        return cast("R", self._loop.run_until_complete(pulumi.Output.from_input(output).future()))


def record(
    make: Callable[[], T],
    answering: pulumi.runtime.Mocks,
    *,
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    preview: bool = False,
) -> Recording[T]:
    """Run ``make`` as a Pulumi program to its very end and return what it registered.

    Args:
        make: The program.
        answering: Says what ids and computed values resources get.
        stack: The stack's name.
        config: Full configuration keys (``energy-lake:name``, ``aws:region``) and their values as text.
        preview: Whether the program believes it is only previewed.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor = RecordingMonitor(answering)
    settings.reset_options()
    pulumi.runtime.set_all_config(dict(config or {}), [])
    mocks.set_mocks(answering, project=PROJECT, stack=stack, preview=preview, monitor=monitor)
    made: list[T] = []
    try:
        run: Callable[[], None] = pulumi.runtime.test(lambda: made.append(make()))  # type: ignore[no-untyped-call]
        run()
        root = settings.get_root_resource()
        outputs = pulumi.Output.from_input(dict(root.outputs)).future()  # type: ignore[union-attr]
        exports = loop.run_until_complete(outputs)
        loop.run_until_complete(loop.shutdown_default_executor())
    except BaseException:
        _abandon(loop)
        raise
    recording = Recording(
        made=made[0],
        resources=tuple(sorted(monitor.registered, key=lambda resource: resource.urn)),
        exports=exports or {},
        component_outputs=monitor.component_outputs,
        _loop=loop,
    )
    weakref.finalize(recording, loop.close)
    return recording


def _with_own_loop(call: Callable[[], R]) -> R:
    """The SDK calls the monitor in a worker thread and would leave an open event loop behind in each."""
    if threading.current_thread() is threading.main_thread():
        return call()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return call()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _abandon(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a failed program left running, so that its tasks do not speak up later in another test."""
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


def _options(request: resource_pb2.RegisterResourceRequest) -> Options:
    return Options(
        parent=request.parent,
        depends_on=tuple(sorted(request.dependencies)),
        protect=request.protect,
        ignore_changes=tuple(request.ignoreChanges),
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
        provider=request.provider,
    )


def _open(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, dict):
        return {key: _open(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item) for item in value]
    return value
