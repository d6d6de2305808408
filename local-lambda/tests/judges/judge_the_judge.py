"""Shows that the check of replies finds what it is there to find: each reply here is broken."""

import json

import botocore.session

import check_reply

GOOD = {
    "FunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:f",
    "FunctionUrl": "http://127.0.0.1:7434/e/0123456789abcdef0123456789abcdef/",
    "AuthType": "NONE",
    "CreationTime": "2026-11-23T18:00:00.000000Z",
    "LastModifiedTime": "2026-11-23T18:00:00.000000Z",
}
BROKEN = {
    "an unknown member": {**GOOD, "Colour": "red"},
    "a wrong type": {**GOOD, "CreationTime": 1},
    "a wrong enum": {**GOOD, "AuthType": "SOME"},
    "a wrong pattern": {**GOOD, "FunctionArn": "arn:f"},
    "a wrong length": {**GOOD, "FunctionUrl": "http://short/"},
    "a missing member": {k: v for k, v in GOOD.items() if k != "AuthType"},
}


def main():
    model = botocore.session.get_session().get_service_model("lambda")
    operation = model.operation_model("GetFunctionUrlConfig")

    def check(status, document):
        check_reply.check_response(model, operation, status, {}, json.dumps(document))

    check(200, GOOD)
    for what, document in BROKEN.items():
        expect_finding(what, lambda: check(200, document))
    expect_finding("a wrong status", lambda: check(201, GOOD))
    error = {"x-amzn-errortype": "ResourceNotFoundException"}
    body = json.dumps({"Type": "User", "Message": "no"})
    check_reply.check_error(model, operation, 404, error, body)
    expect_finding("an error's wrong status", lambda: check_reply.check_error(model, operation, 400, error, body))
    odd = {"x-amzn-errortype": "OddException"}
    expect_finding("an unknown error", lambda: check_reply.check_error(model, operation, 404, odd, body))
    print(f"{len(BROKEN) + 3} faults found")


def expect_finding(what, check):
    try:
        check()
    except check_reply.Finding:
        return
    raise SystemExit(f"{what} was not found")


if __name__ == "__main__":
    main()
