// A plain program that logs in through a browser: starts an attempt, says where to go, and polls every two seconds.
// It knows `success` alone; whatever else it is told, it polls on. Every line that it prints is JSON.

const base = process.env.BASE_URL.replace(/\/$/, "");

async function post(path, body) {
  const response = await fetch(base + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-stack-access-type": "client",
      "x-stack-project-id": process.env.PROJECT_ID,
      "x-stack-publishable-client-key": process.env.PUBLISHABLE_CLIENT_KEY,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status}`);
  }
  return response.json();
}

const say = (what) => console.log(JSON.stringify(what));

const attempt = await post("/api/v1/auth/cli", JSON.parse(process.env.START));
say({ url: `${base}/handler/cli-auth-confirm?login_code=${attempt.login_code}` });
for (;;) {
  const polled = await post("/api/v1/auth/cli/poll", { polling_code: attempt.polling_code });
  say({ polled: polled.status });
  if (polled.status === "success") {
    say({ refresh_token: polled.refresh_token });
    break;
  }
  await new Promise((resume) => setTimeout(resume, 2_000));
}
