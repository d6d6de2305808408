"""OpenAI's own client asks prompts.

    openai_client.py BASE_URL LIVE_KEY TEST_KEY CLOSED_KEY

Each judgement must hold; how many there were is what it says at the end.
"""
import sys

import openai
from pydantic import BaseModel

BASE_URL, LIVE, TEST, CLOSED = sys.argv[1:5]
GREET = "prompt:chat/greet@production"
ADA = {"variables": {"name": "Ada"}}
HELLO = [{"role": "user", "content": "Hello"}]

judged = 0


def holds(what: bool, *why) -> None:
    global judged
    assert what, why
    judged += 1


def client(key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=BASE_URL, api_key=key, max_retries=0)


def raises(kind: type[openai.APIError], ask) -> openai.APIError:
    try:
        ask()
    except openai.APIError as error:
        holds(type(error) is kind, kind, repr(error))
        return error
    raise AssertionError(f"nothing raised {kind}")


live, test = client(LIVE), client(TEST)

# Whole: the prompt, then the conversation.
answer = live.chat.completions.create(model=GREET, messages=HELLO, extra_body=ADA, user="u-17")
holds(
    answer.choices[0].message.content == "Be brief.\n\nGreet Ada\n\nHello"
    and answer.choices[0].finish_reason == "stop"
    and answer.model == "prompt:chat/greet@1"
    and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0,
    answer,
)

# Variables in `metadata`, and a provider over HTTP.
answer = live.chat.completions.create(
    model="prompt:served@production", messages=HELLO, metadata={"name": "Ada"}, temperature=0.5
)
holds(bool(answer.choices[0].message.content) and answer.usage.completion_tokens > 0, answer)

# In chunks, with what it took at the end.
chunks = list(
    live.chat.completions.create(
        model=GREET, messages=HELLO, extra_body=ADA, stream=True, stream_options={"include_usage": True}
    )
)
told = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
holds(
    told == "Be brief.\n\nGreet Ada\n\nHello"
    and chunks[0].choices[0].delta.role == "assistant"
    and chunks[-2].choices[0].finish_reason == "stop"
    and chunks[-1].choices == []
    and chunks[-1].usage.prompt_tokens > 0
    and all(chunk.usage is None for chunk in chunks[:-1])
    and len({chunk.id for chunk in chunks}) == 1,
    chunks,
)

# The client's own helper puts a stream together, of a provider over HTTP.
with live.chat.completions.stream(model="prompt:served", messages=[], extra_body=ADA) as stream:
    whole = stream.get_final_completion()
holds(bool(whole.choices[0].message.content), whole)


# Held to a schema that the client makes and reads back.
class Step(BaseModel):
    title: str
    minutes: int


class Plan(BaseModel):
    steps: list[Step]
    done: bool


parsed = test.chat.completions.parse(model=GREET, messages=HELLO, extra_body=ADA, response_format=Plan)
plan = parsed.choices[0].message.parsed
holds(isinstance(plan, Plan) and len(plan.steps) > 0, parsed)

# What there is.
models = [model.id for model in live.models.list()]
holds(GREET in models and live.models.retrieve(GREET).object == "model", models)

# What goes wrong raises what it raises at home.
missing = raises(
    openai.NotFoundError, lambda: live.chat.completions.create(model="gpt-4o", messages=HELLO)
)
assert missing.code == "model_not_found" and missing.param == "model", missing
wrong = raises(
    openai.BadRequestError, lambda: live.chat.completions.create(model=GREET, messages=HELLO, n=2, extra_body=ADA)
)
assert wrong.param == "n" and wrong.request_id, wrong
raises(openai.AuthenticationError, lambda: client("sk-nobody").models.list())
raises(
    openai.PermissionDeniedError,
    lambda: client(CLOSED).chat.completions.create(model=GREET, messages=HELLO),
)
raises(
    openai.InternalServerError,
    lambda: live.chat.completions.create(model="prompt:failing", messages=HELLO, extra_body=ADA),
)
broken = live.chat.completions.create(model="prompt:broken", messages=HELLO, extra_body=ADA, stream=True)
raises(openai.APIError, lambda: list(broken))

print(f"{judged} judged")
