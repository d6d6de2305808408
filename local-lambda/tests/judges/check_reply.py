"""Walks botocore's service model over raw replies of a host.

botocore's own parser forgives: it drops members that the model does not know and looks at no enum
and no pattern. This reads what was on the wire.
"""

import base64
import json
import re


# What the service was recorded to answer although its model does not list it.
RECORDED = {("LastUpdateStatusReasonCode", "Creating")}

# Likewise, operations that were recorded to answer nothing where a function has no such thing,
# although the model requires members.
RECORDED_EMPTY = {"GetFunctionCodeSigningConfig"}


class Finding(Exception):
    """A reply that breaks the service model."""


def check_response(model, operation, status, headers, body):
    """Raises `Finding` if a reply of `operation` is not what the model says."""
    name = operation.name
    if status >= 400:
        raise Finding(f"{name}: status {status}")
    expected = operation.http.get("responseCode", 200)
    # DeleteFunction answers 204 on the service, whatever the model's default says.
    allowed = {expected, 204, 202} if name in ("Invoke", "DeleteFunction") else {expected}
    if status not in allowed:
        raise Finding(f"{name}: status {status}, the model says {expected}")
    shape = operation.output_shape
    if shape is None:
        if body:
            raise Finding(f"{name}: a body where the model has none: {body!r}")
        return
    payload = shape.serialization.get("payload")
    document = None
    if payload is None and body:
        document = json.loads(body)
    members = {}
    for member, member_shape in shape.members.items():
        location = member_shape.serialization.get("location")
        wire = member_shape.serialization.get("name", member)
        if location == "header":
            if wire.lower() in headers:
                check_scalar(f"{name}.{member}", member_shape, headers[wire.lower()])
        elif location is None and member != payload:
            members[wire] = member_shape
    if document is None:
        return
    required = [] if name in RECORDED_EMPTY else shape.required_members
    check_members(name, members, required, document)


def check_members(path, members, required, document):
    if not isinstance(document, dict):
        raise Finding(f"{path}: not an object but {document!r}")
    for member in required:
        if member not in document:
            raise Finding(f"{path}: the required member {member} is missing")
    for member, value in document.items():
        if member not in members:
            raise Finding(f"{path}: the model has no member {member}")
        check_value(f"{path}.{member}", members[member], value)


def check_value(path, shape, value):
    kind = shape.type_name
    if kind == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        check_members(path, members, shape.required_members, value)
    elif kind == "list":
        if not isinstance(value, list):
            raise Finding(f"{path}: not a list but {value!r}")
        check_size(path, shape, len(value))
        for index, item in enumerate(value):
            check_value(f"{path}[{index}]", shape.member, item)
    elif kind == "map":
        if not isinstance(value, dict):
            raise Finding(f"{path}: not a map but {value!r}")
        for key, item in value.items():
            check_value(f"{path}.{key}", shape.key, key)
            check_value(f"{path}.{key}", shape.value, item)
    else:
        check_scalar(path, shape, value)


def check_scalar(path, shape, value):
    kind = shape.type_name
    types = {
        "string": str,
        "boolean": bool,
        "integer": int,
        "long": int,
        "double": (int, float),
        "float": (int, float),
        "blob": str,
        "timestamp": (int, float),
    }
    if not isinstance(value, types[kind]) or (kind != "boolean" and isinstance(value, bool)):
        raise Finding(f"{path}: not a {kind} but {value!r}")
    if kind == "blob":
        base64.b64decode(value, validate=True)
    if kind == "string":
        enum = shape.metadata.get("enum")
        if enum and value not in enum and (path.split(".")[-1], value) not in RECORDED:
            raise Finding(f"{path}: {value!r} is none of {enum}")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(python_pattern(pattern), value):
            raise Finding(f"{path}: {value!r} does not match {pattern}")
        check_size(path, shape, len(value))
    elif kind in ("integer", "long", "double", "float"):
        check_size(path, shape, value)


def python_pattern(pattern):
    """The model's patterns are Java's, whose classes by Unicode property Python spells otherwise."""
    for theirs, ours in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(theirs, ours)
    return pattern


def check_size(path, shape, size):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low or high is not None and size > high:
        raise Finding(f"{path}: {size} is not in {low}..{high}")


def check_error(model, operation, status, headers, body):
    """Raises `Finding` if an error reply is not one of the operation's, as the model has them."""
    kind = headers.get("x-amzn-errortype", "")
    document = json.loads(body)
    if kind == "ValidationException":
        # Common to all services, and in no model.
        if status != 400 or set(document) != {"message"}:
            raise Finding(f"{operation.name}: a malformed {kind}: {status} {document}")
        return
    shapes = {shape.name: shape for shape in operation.error_shapes}
    if kind not in shapes:
        raise Finding(f"{operation.name}: {kind or 'an error without a type'} is none of {sorted(shapes)}")
    shape = shapes[kind]
    expected = shape.metadata.get("error", {}).get("httpStatusCode")
    if expected is not None and expected != status:
        raise Finding(f"{operation.name}: {kind} with {status}, the model says {expected}")
    members = {m: s for m, s in shape.members.items() if s.serialization.get("location") is None}
    check_members(f"{operation.name}.{kind}", members, shape.required_members, document)
