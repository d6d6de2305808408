#!/usr/bin/env python3
"""Cuts request schemas out of an OpenAPI document: prune.py SOURCE NAME=PATH…

Prints one JSON Schema with a definition NAME for the body of each `post` PATH and everything that
it refers to. Objects that leave open whether they take other properties are closed, so that a
property which the specification does not know is refused; parts of an `allOf` stay open, and the
whole is closed by `unevaluatedProperties`.
"""
import json
import sys

KEPT = {
    "type", "properties", "required", "items", "enum", "const", "anyOf", "oneOf", "allOf", "$ref",
    "additionalProperties", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
    "pattern", "nullable", "default",
}


def clean(schema):
    """Only what is checked, and `nullable` as JSON Schema says it."""
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key not in KEPT or key in ("nullable", "default"):
            continue
        if key == "properties":
            value = {name: clean(each) for name, each in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            # An ambiguous `oneOf` is common in these documents, and is not ours to judge.
            key = "anyOf" if key == "oneOf" else key
            value = [clean(each) for each in value]
        elif key in ("items", "additionalProperties"):
            value = clean(value)
        elif key == "$ref":
            value = "#/$defs/" + value.rsplit("/", 1)[1]
        kept[key] = value
    if "discriminator" in schema and "properties" in schema:
        # The base of several kinds, which have properties of their own.
        kept["additionalProperties"] = True
    if schema.get("nullable"):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def refs(schema):
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rsplit("/", 1)[1]
        for value in schema.values():
            yield from refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from refs(value)


def parts(schema):
    """Names of schemas that are parts of an `allOf`."""
    if isinstance(schema, dict):
        yield from refs(schema.get("allOf"))
        schema = schema.values()
    if not isinstance(schema, str):
        for value in schema or []:
            yield from parts(value) if isinstance(value, (dict, list)) else ()


def close(schema):
    if isinstance(schema, list):
        for value in schema:
            close(value)
    elif isinstance(schema, dict):
        if "allOf" in schema:
            schema["unevaluatedProperties"] = False
            for part in schema["allOf"]:
                for value in part.get("properties", {}).values():
                    close(value)
            return
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for key, value in schema.items():
            if key == "properties":
                close(list(value.values()))
            elif isinstance(value, (dict, list)) and key not in ("enum", "const"):
                close(value)


def main(source, wanted):
    with open(source) as file:
        document = json.load(file)
    definitions = {}
    for name, path in (each.split("=", 1) for each in wanted):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        definitions[name] = clean(body["schema"])
    todo = list(refs(definitions))
    while todo:
        name = todo.pop()
        if name not in definitions:
            definitions[name] = clean(document["components"]["schemas"][name])
            todo.extend(refs(definitions[name]))
    open_ones = set(parts(definitions))
    for name, definition in definitions.items():
        if name not in open_ones:
            close(definition)
        else:
            close(list(definition.get("properties", {}).values()))
    return {"$defs": definitions}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:]), separators=(",", ":"), sort_keys=True))
