"""Providers' own clients and specifications judge what is recorded and what is sent.

    providers.py SENT RECORDED

SENT holds the requests of the suite, streams as they come over the wire, and the texts that we read
out of answers.
RECORDED holds a folder for each provider. Every answer in it must be one that the provider's
official client reads as we do, and every request one that the official specification takes.
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anthropic
import botocore.config
import botocore.session
import botocore.validate
import cohere
import jsonschema
import llm_comply
import openai
from google import genai

SENT, RECORDED = map(Path, sys.argv[1:3])
sys.path.insert(0, str(Path(__file__).parent.parent / "specs"))
sys.dont_write_bytecode = True
import prune  # noqa: E402

STREAMED = "Grüß dich"
CALLED = [("search", {"query": 'the "moon"'}), ("now", {})]
ASKED = [{"role": "user", "content": "Hello"}]


class Mock(BaseHTTPRequestHandler):
    """Answers /FOLDER/… with what is recorded of it, streamed where that is asked for, and
    /FOLDER+tools/… with what is recorded of tools that are asked for."""

    def do_POST(self):
        folder, _, tools = self.path.split("/")[1].partition("+")
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body.get("stream") or "stream" in self.path.rsplit("/", 1)[1].lower():
            answer = (SENT / f"{folder}.{tools or 'stream'}").read_bytes()
            kind = "text/event-stream"
            if folder == "bedrock":
                kind = "application/vnd.amazon.eventstream"
        else:
            file = RECORDED / folder / f"{tools or 'answer'}.json"
            answer, kind = file.read_bytes(), "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def chat(client):
    ask = {"model": "m", "messages": ASKED}
    plain = client.chat.completions.create(**ask)
    yield plain.choices[0].message.content
    pieces = client.chat.completions.create(stream=True, **ask)
    yield "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)


def responses(client):
    yield client.responses.create(model="m", input="Hello").output_text
    events = client.responses.create(model="m", input="Hello", stream=True)
    yield "".join(event.delta for event in events if event.type == "response.output_text.delta")


def messages(client):
    ask = {"model": "m", "messages": ASKED, "max_tokens": 10}
    plain = client.messages.create(**ask)
    yield "".join(block.text for block in plain.content if block.type == "text")
    with client.messages.stream(**ask) as stream:
        yield "".join(stream.text_stream)


def cohere_chat(client):
    plain = client.chat(model="m", messages=ASKED)
    yield "".join(block.text for block in plain.message.content if block.type == "text")
    events = client.chat_stream(model="m", messages=ASKED)
    yield "".join(
        event.delta.message.content.text for event in events if event.type == "content-delta"
    )


def gemini(client):
    yield client.models.generate_content(model="m", contents="Hello").text
    pieces = client.models.generate_content_stream(model="m", contents="Hello")
    yield "".join(piece.text or "" for piece in pieces)


def bedrock(client):
    ask = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    content = client.converse(**ask)["output"]["message"]["content"]
    yield "".join(block.get("text", "") for block in content)
    deltas = [event.get("contentBlockDelta") for event in client.converse_stream(**ask)["stream"]]
    yield "".join(delta["delta"]["text"] for delta in deltas if delta)


def chat_tools(client):
    ask = {"model": "m", "messages": ASKED}
    plain = client.chat.completions.create(**ask).choices[0].message.tool_calls
    yield [(call.function.name, json.loads(call.function.arguments)) for call in plain]
    calls = {}
    for piece in client.chat.completions.create(stream=True, **ask):
        for call in (piece.choices and piece.choices[0].delta.tool_calls) or []:
            name, arguments = calls.get(call.index, ("", ""))
            function = call.function
            calls[call.index] = (function.name or name, arguments + (function.arguments or ""))
    yield [(name, json.loads(arguments)) for name, arguments in calls.values()]


def responses_tools(client):
    def called(response):
        items = [item for item in response.output if item.type == "function_call"]
        return [(item.name, json.loads(item.arguments)) for item in items]

    yield called(client.responses.create(model="m", input="Hello"))
    with client.responses.stream(model="m", input="Hello") as stream:
        yield called(stream.get_final_response())


def messages_tools(client):
    ask = {"model": "m", "messages": ASKED, "max_tokens": 10}

    def called(message):
        return [(it.name, it.input) for it in message.content if it.type == "tool_use"]

    yield called(client.messages.create(**ask))
    with client.messages.stream(**ask) as stream:
        yield called(stream.get_final_message())


def cohere_tools(client):
    plain = client.chat(model="m", messages=ASKED).message.tool_calls
    yield [(call.function.name, json.loads(call.function.arguments)) for call in plain]
    calls = []
    for event in client.chat_stream(model="m", messages=ASKED):
        if event.type == "tool-call-start":
            calls.append([event.delta.message.tool_calls.function.name, ""])
        elif event.type == "tool-call-delta":
            calls[-1][1] += event.delta.message.tool_calls.function.arguments
    yield [(name, json.loads(arguments)) for name, arguments in calls]


def gemini_tools(client):
    plain = client.models.generate_content(model="m", contents="Hello").function_calls
    yield [(call.name, call.args) for call in plain]
    pieces = client.models.generate_content_stream(model="m", contents="Hello")
    yield [(call.name, call.args) for piece in pieces for call in piece.function_calls or []]


def bedrock_tools(client):
    ask = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    content = client.converse(**ask)["output"]["message"]["content"]
    yield [(it["toolUse"]["name"], it["toolUse"]["input"]) for it in content if "toolUse" in it]
    calls = []
    for event in client.converse_stream(**ask)["stream"]:
        if "contentBlockStart" in event:
            calls.append([event["contentBlockStart"]["start"]["toolUse"]["name"], ""])
        use = event.get("contentBlockDelta", {}).get("delta", {}).get("toolUse")
        if use:
            calls[-1][1] += use["input"]
    yield [(name, json.loads(arguments)) for name, arguments in calls]


# What reads tools, by what reads texts.
TOOLS = {
    chat: chat_tools,
    responses: responses_tools,
    messages: messages_tools,
    cohere_chat: cohere_tools,
    gemini: gemini_tools,
    bedrock: bedrock_tools,
}


def clients(base, suffix=""):
    """Each folder with its official client and what reads texts by it."""

    def at(folder):
        return f"{base}/{folder}{suffix}"

    def openai_at(folder):
        return openai.OpenAI(base_url=at(folder), api_key="k", max_retries=0)

    def azure_at(folder):
        return openai.AzureOpenAI(
            base_url=at(folder), api_key="k", api_version="v", max_retries=0
        )

    for folder in ("openai-chat", "huggingface"):
        yield folder, openai_at(folder), chat
    for folder in ("azure-chat", "azure-deployment"):
        yield folder, azure_at(folder), chat
    yield "openai-responses", openai_at("openai-responses"), responses
    yield "azure-responses", openai_at("azure-responses"), responses
    anthropic_client = anthropic.Anthropic(base_url=at("anthropic"), api_key="k", max_retries=0)
    yield "anthropic", anthropic_client, messages
    yield "cohere", cohere.ClientV2(base_url=at("cohere"), api_key="k"), cohere_chat
    gemini_client = genai.Client(api_key="k", http_options={"base_url": at("gemini")})
    yield "gemini", gemini_client, gemini
    bedrock_client = botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="eu-central-1",
        endpoint_url=at("bedrock"),
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )
    yield "bedrock", bedrock_client, bedrock


def check_anthropic(body):
    source = Path(llm_comply.__file__).parent / "specs" / "anthropic.json"
    schema = prune.main(source, ["messages=/v1/messages"])
    schema["$ref"] = "#/$defs/messages"
    jsonschema.Draft202012Validator(schema).validate(body)


def check_bedrock(body):
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    shape = model.operation_model("Converse").input_shape
    report = botocore.validate.ParamValidator().validate({"modelId": "m", **body}, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())


def check_gemini(body):
    known = {"contents", "systemInstruction", "generationConfig", "tools"}
    if body.keys() - known:
        raise ValueError(f"unknown: {body.keys() - known}")
    genai.types.GenerationConfig.model_validate(body["generationConfig"])
    for content in [*body["contents"], body.get("systemInstruction")]:
        if content:
            genai.types.Content.model_validate(content)
    for tool in body.get("tools", []):
        genai.types.Tool.model_validate(tool)


CHECKS = {"anthropic": check_anthropic, "bedrock": check_bedrock, "gemini": check_gemini}


def refuses(check, body):
    try:
        check({**body, "max_tokenz": 1})
    except Exception:
        return True
    return False


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mock)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    read = 0
    base = f"http://127.0.0.1:{server.server_port}"
    for folder, client, texts in clients(base):
        found = tuple(texts(client))
        ours = (SENT / f"{folder}.answer").read_text()
        assert found == (ours, STREAMED), f"{folder}: {found}"
        read += 1
    for folder, client, texts in clients(base, "+tools"):
        found = tuple(TOOLS[texts](client))
        assert found == (CALLED, CALLED), f"{folder}: {found}"
    taken = 0
    for folder, check in CHECKS.items():
        for form in ("bare", "full", "tools", "media"):
            body = json.loads((SENT / f"{folder}.{form}.json").read_text())
            check(body)
            assert refuses(check, body), f"{folder}: an unknown property passed"
            taken += 1
    print(f"{read} providers read, {taken} requests taken")


main()
