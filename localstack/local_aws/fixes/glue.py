"""Glue: classifiers, and jobs that come back as they were set. Running jobs and crawlers is the work of `local_aws/glue/`."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException
from moto.glue.models import FakeJob
from moto.glue.responses import GlueResponse

from local_aws.fixes import patching

__all__ = ["classifiers", "install"]

_KINDS = ("CsvClassifier", "GrokClassifier", "JsonClassifier", "XMLClassifier")


def install() -> None:
    """Changes moto's Glue."""
    patching.add(GlueResponse, "create_classifier", _create_classifier)
    patching.add(GlueResponse, "update_classifier", _update_classifier)
    patching.add(GlueResponse, "get_classifier", _get_classifier)
    patching.add(GlueResponse, "get_classifiers", _get_classifiers)
    patching.add(GlueResponse, "delete_classifier", _delete_classifier)
    patching.wrap(GlueResponse, "create_job", _remember_as_set)
    patching.wrap(FakeJob, "as_dict", _as_set)


def classifiers(backend: object) -> dict[str, dict[str, dict[str, Any]]]:
    """The classifiers of a Glue backend: name -> kind (`CsvClassifier` …) -> its settings."""
    return patching.kept(backend, "classifiers")


def _create_classifier(response: GlueResponse) -> EmptyResult:
    """AWS has classifiers. moto knows none."""
    kind, settings = _classifier_of(response)
    if settings["Name"] in classifiers(response.glue_backend):
        raise AlreadyExistsException("Classifier")
    classifiers(response.glue_backend)[settings["Name"]] = {kind: settings}
    return EmptyResult()


def _update_classifier(response: GlueResponse) -> EmptyResult:
    kind, settings = _classifier_of(response)
    there = _found(response, settings["Name"])
    there[kind] = {**there.get(kind, {}), **settings}
    return EmptyResult()


def _get_classifier(response: GlueResponse) -> ActionResult:
    return ActionResult({"Classifier": _found(response, patching.asked(response, "Name"))})


def _get_classifiers(response: GlueResponse) -> ActionResult:
    return ActionResult({"Classifiers": list(classifiers(response.glue_backend).values())})


def _delete_classifier(response: GlueResponse) -> EmptyResult:
    name = patching.asked(response, "Name")
    _found(response, name)
    del classifiers(response.glue_backend)[name]
    return EmptyResult()


def _classifier_of(response: GlueResponse) -> tuple[str, dict[str, Any]]:
    given = {kind: patching.asked(response, kind) for kind in _KINDS}
    return next((kind, dict(settings)) for kind, settings in given.items() if settings)


def _found(response: GlueResponse, name: str) -> dict[str, dict[str, Any]]:
    there = classifiers(response.glue_backend).get(name)
    if there is None:
        raise EntityNotFoundException(f"Classifier {name} not found.")
    return there


def _remember_as_set(original: Any, response: GlueResponse) -> Any:  # noqa: ANN401 - as moto's own
    """AWS gives queueing back as set, and no execution class nobody asked for. moto drops the one, makes up the other."""
    answer = original(response)
    name = patching.asked(response, "Name")
    patching.kept(response.glue_backend, "jobs")[name] = {
        "JobRunQueuingEnabled": bool(patching.asked(response, "JobRunQueuingEnabled")),
        "ExecutionClass": patching.asked(response, "ExecutionClass"),
    }
    return answer


def _as_set(original: Any, job: FakeJob) -> dict[str, Any]:  # noqa: ANN401 - as moto's own
    shown: dict[str, Any] = {**original(job), **patching.kept(job.backend, "jobs").get(job.name, {})}
    if shown["ExecutionClass"] is None:
        del shown["ExecutionClass"]
    return shown
