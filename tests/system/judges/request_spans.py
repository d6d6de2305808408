"""Reads what was sent to a collector, from standard input, with OpenTelemetry's own classes, and prints the
spans and whose they are as JSON."""

import base64
import json
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(kept):
    return next(iter(kept.values()))


def attributes(of):
    return {kept["key"]: value(kept["value"]) for kept in of.get("attributes", [])}


def identity(text):
    return base64.b64decode(text).hex()


spans = []
for body in json.load(sys.stdin):
    request = ExportTraceServiceRequest.FromString(base64.b64decode(body))
    for resource in MessageToDict(request)["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                spans.append(
                    {
                        "service": attributes(resource["resource"])["service.name"],
                        "name": span["name"],
                        "kind": span["kind"],
                        "trace": identity(span["traceId"]),
                        "parent": identity(span.get("parentSpanId", "")),
                        "status": span.get("status", {}).get("code"),
                        "attributes": attributes(span),
                    }
                )
json.dump(spans, sys.stdout)
