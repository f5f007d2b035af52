"""What schemathesis is told beside the OpenAPI document: who calls, what exists, and when a refusal of
data that fits the document is the venue's to make. Loaded by schemathesis; schemathesis_test.py writes
WORLD for it."""
import json
import os
import pathlib
import ssl
import urllib.request

import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation

WORLD = json.loads(pathlib.Path(os.environ["SCHEMATHESIS_WORLD"]).read_text(encoding="utf-8"))
TLS = ssl.create_default_context(cafile=WORLD["authority"])


# What "format: decimal" means: at most 8 places, and so many digits that 64 bits hold it.
schemathesis.openapi.format("decimal", strategies.from_regex(r"-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,8})?",
                                                             fullmatch=True, alphabet="-.0123456789"))
TOO_LARGE = (414, 431) # of line and headers
FORM = ("RejectedPositiveData", "AcceptedNegativeData")


@schemathesis.auth(retry_on=[401])
class Staff:
    """One who may do everything, and signs in again when what was tried has ended the session."""

    def get(self, case, context):
        request = urllib.request.Request(f"{WORLD['url']}/api/v1/auth/login",
                                         json.dumps(WORLD["credentials"]).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=TLS, timeout=60) as answer:
            return json.load(answer)["access_token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def fits(case, location):
    """Whether a part of a request is as the document says."""
    part = case.meta and case.meta.components.get(location)
    return part is None or part.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """What a path names is there, where the document can only say how it is written; and the people,
    instruments and rules that others need are left alone."""
    name = case.operation.definition.raw["operationId"]
    known = WORLD["parameters"].get(name, {})
    if case.path_parameters and fits(case, ParameterLocation.PATH):
        case.path_parameters.update((name, known[name]) for name in known if name in case.path_parameters)
    if name in WORLD["bodies"] and fits(case, ParameterLocation.BODY):
        case.body = WORLD["bodies"][name]


def is_of_form(error):
    """Whether the gateway found this error by the document: then its code has small letters. But no
    schema can say that a number has to be one that floating point has not changed, or that a form may
    not have a field twice; and ids that schemathesis has seen it puts into bodies which have no place
    for them."""
    is_number = not error["message"].startswith('"')
    return (error["code"].islower() and error["code"] not in ("unknown", "twice")
            and not (error["code"] in ("format", "range") and is_number))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Data that fits the document may be refused for what it means, never for its form."""
    kind = type(failure).__name__
    if kind in FORM and response.status_code in TOO_LARGE:
        return False
    if kind != "RejectedPositiveData" or response.status_code not in (412, 422, 423):
        return True
    return any(is_of_form(error) for error in response.json().get("errors", []))
