"""Reads a document of spans by OpenTelemetry's own classes, and holds its names against the conventions."""

import json
import sys

from opentelemetry.proto_json.collector.trace.v1.trace_service import ExportTraceServiceRequest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv.attributes import error_attributes, http_attributes, service_attributes

OPERATIONS = {operation.value for operation in gen_ai_attributes.GenAiOperationNameValues}
NAMES = {
    value
    for module in (gen_ai_attributes, error_attributes, http_attributes, service_attributes)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}

sent = json.loads(sys.argv[1])
request = ExportTraceServiceRequest.from_dict(sent)
written = request.to_dict()
assert written == sent, f"read as {json.dumps(written)}"

spans = [
    span
    for resource in request.resource_spans
    for scope in resource.scope_spans
    for span in scope.spans
]
for span in spans:
    assert len(span.trace_id) == 16 and len(span.span_id) == 8, span
    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span
    values = {attribute.key: attribute.value for attribute in span.attributes}
    assert len(values) == len(span.attributes), "a name comes twice"
    unknown = {name for name in values if not name.startswith("promptpilot.")} - NAMES
    assert not unknown, f"no names of the conventions: {unknown}"
    operation = values[gen_ai_attributes.GEN_AI_OPERATION_NAME].string_value
    assert operation in OPERATIONS and span.name.startswith(operation), span
print(len(spans), "spans read")
