"""A plain program that logs in through a browser: starts an attempt, says where to go, and polls every two seconds.

It knows `success` alone; whatever else it is told, it polls on. Every line that it prints is JSON.
"""

import json
import os
import time
import urllib.request

BASE = os.environ["BASE_URL"].rstrip("/")
HEADERS = {
    "content-type": "application/json",
    "x-stack-access-type": "client",
    "x-stack-project-id": os.environ["PROJECT_ID"],
    "x-stack-publishable-client-key": os.environ["PUBLISHABLE_CLIENT_KEY"],
}
# No proxy of this machine's is meant for calls to it.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(path, body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), HEADERS)
    with OPENER.open(request, timeout=10) as response:
        return response.status, json.load(response)


def say(**what):
    print(json.dumps(what), flush=True)


_, attempt = post("/api/v1/auth/cli", json.loads(os.environ["START"]))
say(url=f"{BASE}/handler/cli-auth-confirm?login_code={attempt['login_code']}")
while True:
    status, polled = post("/api/v1/auth/cli/poll", {"polling_code": attempt["polling_code"]})
    say(polled=polled["status"])
    if status == 201 and polled["status"] == "success":
        say(refresh_token=polled["refresh_token"])
        break
    time.sleep(2)
