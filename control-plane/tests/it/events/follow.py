"""Follows the stream with httpx-sse: python follow.py URL TOKEN COUNT

A line of JSON for each prompt that is saved, after one that says that the stream is ready.
"""

import json
import sys
import time

import httpx
from httpx_sse import connect_sse

url, token, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
opened, seen, last, pause = 0, 0, None, 0.1


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


with httpx.Client(timeout=60, trust_env=False) as client:
    while seen < count:
        headers = {"authorization": f"Bearer {token}"}
        if last is not None:
            headers["last-event-id"] = last
        try:
            with connect_sse(client, "GET", url, headers=headers) as source:
                source.response.raise_for_status()
                opened += 1
                for event in source.iter_sse():
                    last = event.id or last
                    pause = event.retry / 1000 if event.retry else pause
                    change = event.json()
                    if event.event == "change" and change["type"] == "prompt.saved":
                        say(id=event.id, position=change["position"], name=change["name"])
                        seen += 1
                    elif event.event == "ready":
                        say(ready=opened)
                    elif event.event == "reset":
                        say(reset=event.data)
                    if seen == count:
                        break
        except httpx.TransportError:
            pass
        time.sleep(pause)
