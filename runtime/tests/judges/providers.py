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
ASKED = [{"role": "user", "content": "Hello"}]


class Mock(BaseHTTPRequestHandler):
    """Answers /FOLDER/… with what is recorded of it, streamed where that is asked for."""

    def do_POST(self):
        folder = self.path.split("/")[1]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body.get("stream") or "stream" in self.path.rsplit("/", 1)[1].lower():
            answer = (SENT / f"{folder}.stream").read_bytes()
            kind = "text/event-stream"
            if folder == "bedrock":
                kind = "application/vnd.amazon.eventstream"
        else:
            answer, kind = (RECORDED / folder / "answer.json").read_bytes(), "application/json"
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


def clients(base):
    def openai_at(folder):
        return openai.OpenAI(base_url=f"{base}/{folder}", api_key="k", max_retries=0)

    def azure_at(folder):
        return openai.AzureOpenAI(
            base_url=f"{base}/{folder}", api_key="k", api_version="v", max_retries=0
        )

    for folder in ("openai-chat", "huggingface"):
        yield folder, chat(openai_at(folder))
    for folder in ("azure-chat", "azure-deployment"):
        yield folder, chat(azure_at(folder))
    yield "openai-responses", responses(openai_at("openai-responses"))
    yield "azure-responses", responses(azure_at("azure-responses"))
    yield "anthropic", messages(
        anthropic.Anthropic(base_url=f"{base}/anthropic", api_key="k", max_retries=0)
    )
    yield "cohere", cohere_chat(cohere.ClientV2(base_url=f"{base}/cohere", api_key="k"))
    yield "gemini", gemini(
        genai.Client(api_key="k", http_options={"base_url": f"{base}/gemini"})
    )
    yield "bedrock", bedrock(
        botocore.session.Session().create_client(
            "bedrock-runtime",
            region_name="eu-central-1",
            endpoint_url=f"{base}/bedrock",
            aws_access_key_id="k",
            aws_secret_access_key="s",
            config=botocore.config.Config(retries={"max_attempts": 0}),
        )
    )


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
    known = {"contents", "systemInstruction", "generationConfig"}
    if body.keys() - known:
        raise ValueError(f"unknown: {body.keys() - known}")
    genai.types.GenerationConfig.model_validate(body["generationConfig"])
    for content in [*body["contents"], *([body["systemInstruction"]] * ("systemInstruction" in body))]:
        genai.types.Content.model_validate(content)


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
    for folder, texts in clients(f"http://127.0.0.1:{server.server_port}"):
        found = tuple(texts)
        ours = (SENT / f"{folder}.answer").read_text()
        assert found == (ours, STREAMED), f"{folder}: {found}"
        read += 1
    taken = 0
    for folder, check in CHECKS.items():
        for form in ("bare", "full"):
            body = json.loads((SENT / f"{folder}.{form}.json").read_text())
            check(body)
            assert refuses(check, body), f"{folder}: an unknown property passed"
            taken += 1
    print(f"{read} providers read, {taken} requests taken")


main()
