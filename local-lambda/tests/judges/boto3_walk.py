"""Drives every operation of a host with boto3, and checks each raw reply by the service model.

Usage: boto3_walk.py <endpoint> <region> <access key> <secret key> <package.zip>
"""

import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import check_reply

ROLE = "arn:aws:iam::000000000000:role/tester"


def make_client(endpoint, region, key, secret):
    client = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    seen = set()

    def check(response_dict, model, **_):
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        status, body = response_dict["status_code"], response_dict["body"]
        seen.add(model.name)
        if model.name == "InvokeWithResponseStream" and status < 400:
            return
        service = client.meta.service_model
        if status < 400:
            raw = b"" if model.name == "Invoke" else body
            check_reply.check_response(service, model, status, headers, raw)
        else:
            check_reply.check_error(service, model, status, headers, body)

    client.meta.events.register("before-parse.lambda.*", lambda operation_model, response_dict, **_: check(response_dict, operation_model))
    return client, seen


def refused(call, code, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{arguments} was not refused with {code}")


def walk(client, package):
    name = "judged"
    code = {"ZipFile": package}
    create = dict(FunctionName=name, Role=ROLE, Runtime="provided.al2023", Handler="bootstrap", Code=code)
    created = client.create_function(
        **create, Environment={"Variables": {"A1": "b"}}, Tags={"team": "a"}, Timeout=10,
        Description="a function", Architectures=["x86_64"], MemorySize=256,
    )
    assert created["State"] == "Pending" and created["Version"] == "$LATEST", created
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    settled = client.get_function(FunctionName=name)
    assert settled["Configuration"]["RevisionId"] != created["RevisionId"]
    with urllib.request.urlopen(settled["Code"]["Location"]) as download:
        assert download.read() == package
    refused(client.create_function, "ResourceConflictException", **create)
    refused(client.create_function, "InvalidParameterValueException", **{**create, "FunctionName": "zip", "Code": {"ZipFile": b"no zip"}})
    refused(client.create_function, "ValidationException", **{**create, "FunctionName": "role", "Role": "r1"})
    refused(client.create_function, "InvalidParameterValueException", **{**create, "FunctionName": "runtime", "Runtime": "cobol"})

    assert client.get_function_configuration(FunctionName=name)["MemorySize"] == 256
    assert [it["FunctionName"] for it in client.list_functions()["Functions"]] == [name]
    client.list_functions(FunctionVersion="ALL", MaxItems=1)
    refused(client.list_functions, "ValidationException", FunctionVersion="invalid")

    first = client.publish_version(FunctionName=name, CodeSha256=created["CodeSha256"])
    assert first["Version"] == "1" == client.publish_version(FunctionName=name)["Version"]
    updated = client.update_function_configuration(FunctionName=name, Timeout=9)
    assert updated["LastUpdateStatus"] == "InProgress", updated
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    stale = updated["RevisionId"]
    refused(client.publish_version, "PreconditionFailedException", FunctionName=name, RevisionId=stale)
    refused(client.publish_version, "InvalidParameterValueException", FunctionName=name, CodeSha256="x")
    client.update_function_code(FunctionName=name, ZipFile=package, DryRun=True)
    second = client.update_function_code(FunctionName=name, ZipFile=package, Publish=True, Architectures=["x86_64"])
    assert second["Version"] == "2", second
    assert len(client.list_versions_by_function(FunctionName=name)["Versions"]) == 3
    client.list_versions_by_function(FunctionName=name, MaxItems=1)
    refused(client.get_function, "ResourceNotFoundException", FunctionName=name, Qualifier="42")

    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    refused(client.create_alias, "ResourceConflictException", FunctionName=name, Name="live", FunctionVersion="1")
    refused(client.create_alias, "ValidationException", FunctionName=name, Name="2024", FunctionVersion="1")
    refused(client.create_alias, "ResourceNotFoundException", FunctionName=name, Name="no", FunctionVersion="9")
    client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}, RevisionId=alias["RevisionId"])
    refused(client.update_alias, "PreconditionFailedException", FunctionName=name, Name="live", RevisionId=alias["RevisionId"])
    assert client.get_alias(FunctionName=name, Name="live")["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.5}
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
    assert len(client.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]) == 1
    refused(client.get_alias, "ResourceNotFoundException", FunctionName=name, Name="none")

    made = client.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="NONE", Cors={"AllowOrigins": ["*"], "MaxAge": 60})
    assert "InvokeMode" not in made and made["Cors"]["MaxAge"] == 60, made
    refused(client.create_function_url_config, "ResourceConflictException", FunctionName=name, Qualifier="live", AuthType="NONE")
    refused(client.create_function_url_config, "ValidationException", FunctionName=name, Qualifier="1", AuthType="NONE")
    refused(client.get_function_url_config, "ResourceNotFoundException", FunctionName=name)
    client.update_function_url_config(FunctionName=name, Qualifier="live", InvokeMode="RESPONSE_STREAM")
    assert client.get_function_url_config(FunctionName=name, Qualifier="live")["InvokeMode"] == "RESPONSE_STREAM"
    assert len(client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]) == 1

    permission = dict(FunctionName=name, Qualifier="live", Principal="*")
    client.add_permission(**permission, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    client.add_permission(**permission, StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    refused(client.add_permission, "ResourceConflictException", **permission, StatementId="url", Action="lambda:InvokeFunction")
    refused(client.add_permission, "InvalidParameterValueException", **{**permission, "Principal": "nobody"}, StatementId="x", Action="lambda:InvokeFunction")
    policy = json.loads(client.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    assert [it["Sid"] for it in policy["Statement"]] == ["url", "invoke"], policy
    refused(client.get_policy, "ResourceNotFoundException", FunctionName=name)
    with urllib.request.urlopen(made["FunctionUrl"] + "path?a=b") as answer:
        assert json.load(answer)["rawPath"] == "/path"
    client.remove_permission(FunctionName=name, Qualifier="live", StatementId="invoke")
    refused(client.remove_permission, "ResourceNotFoundException", FunctionName=name, Qualifier="live", StatementId="none")

    invoked = client.invoke(FunctionName=name, Qualifier="live", Payload=b'{"x": 1}', LogType="Tail")
    assert json.load(invoked["Payload"]) == {"x": 1} and invoked["ExecutedVersion"] == "2"
    assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert client.invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
    failed = client.invoke(FunctionName=name, Payload=b'{"do": "fail"}')
    assert failed["FunctionError"] == "Unhandled", failed
    refused(client.invoke, "InvalidRequestContentException", FunctionName=name, Payload=b"no json")
    stream = client.invoke_with_response_stream(FunctionName=name, Payload=b'{"do": "stream"}')["EventStream"]
    kinds = [next(iter(event)) for event in stream]
    assert kinds[-1] == "InvokeComplete" and "PayloadChunk" in kinds, kinds

    arn = created["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "c"})
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "a", "b": "c"}
    client.untag_resource(Resource=arn, TagKeys=["team", "b"])
    refused(client.tag_resource, "InvalidParameterValueException", Resource=f"{arn}:live", Tags={"a": "b"})
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    throttled = refused(client.invoke, "TooManyRequestsException", FunctionName=name)
    assert throttled["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    client.delete_function_concurrency(FunctionName=name)
    assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == 1

    walk_event_configs(client, name, arn)
    walk_provisioned(client, name)
    walk_code_signing(client, name)

    client.delete_function_url_config(FunctionName=name, Qualifier="live")
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name, Qualifier="1")
    client.delete_function(FunctionName=name)
    refused(client.delete_function, "ResourceNotFoundException", FunctionName=name)


def walk_event_configs(client, name, arn):
    made = client.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": arn.replace(":lambda:", ":sqs:").replace(":function:", ":")}},
    )
    assert made["DestinationConfig"]["OnFailure"]["Destination"].endswith(name), made
    client.update_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    kept = client.get_function_event_invoke_config(FunctionName=name)
    assert (kept["MaximumRetryAttempts"], kept["MaximumEventAgeInSeconds"]) == (0, 60), kept
    assert len(client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]) == 1
    refused(client.put_function_event_invoke_config, "ValidationException", FunctionName=name, MaximumRetryAttempts=3)
    refused(client.put_function_event_invoke_config, "InvalidParameterValueException", FunctionName=name)
    client.delete_function_event_invoke_config(FunctionName=name)
    refused(client.get_function_event_invoke_config, "ResourceNotFoundException", FunctionName=name)


def walk_provisioned(client, name):
    live = dict(FunctionName=name, Qualifier="live")
    made = client.put_provisioned_concurrency_config(**live, ProvisionedConcurrentExecutions=1)
    assert made["Status"] == "IN_PROGRESS", made
    deadline = time.monotonic() + 20
    while client.get_provisioned_concurrency_config(**live)["Status"] != "READY":
        assert time.monotonic() < deadline, "the process is not ready"
        time.sleep(0.02)
    assert len(client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]) == 1
    refused(client.put_provisioned_concurrency_config, "ResourceConflictException", FunctionName=name, Qualifier="2", ProvisionedConcurrentExecutions=1)
    client.delete_provisioned_concurrency_config(**live)
    refused(client.get_provisioned_concurrency_config, "ProvisionedConcurrencyConfigNotFoundException", **live)


def walk_code_signing(client, name):
    assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName=name)
    client.delete_function_code_signing_config(FunctionName=name)
    refused(client.put_function_code_signing_config, "CodeSigningConfigNotFoundException", FunctionName=name, CodeSigningConfigArn="arn:aws:lambda:eu-central-1:000000000000:code-signing-config:csc-0123456789abcdef0")


def main():
    endpoint, region, key, secret, package = sys.argv[1:]
    client, seen = make_client(endpoint, region, key, secret)
    walk(client, open(package, "rb").read())
    print(f"{len(seen)} operations")


if __name__ == "__main__":
    main()
