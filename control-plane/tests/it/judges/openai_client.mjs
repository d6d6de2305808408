// OpenAI's own client asks prompts.
//
//     openai_client.mjs BASE_URL LIVE_KEY TEST_KEY CLOSED_KEY
//
// Each judgement must hold; how many there were is what it says at the end.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const OpenAI = createRequire(join(process.env.CLIENTS, "node_modules/"))("openai");
const [baseURL, LIVE, TEST, CLOSED] = process.argv.slice(2);
const GREET = "prompt:chat/greet@production";
const variables = { name: "Ada" };
const messages = [{ role: "user", content: "Hello" }];

let judged = 0;
const holds = (what, why) => {
  assert.ok(what, JSON.stringify(why));
  judged += 1;
};
const client = (apiKey) => new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const raises = async (kind, ask) => {
  const error = await ask().then(
    () => assert.fail(`nothing raised ${kind.name}`),
    (error) => error,
  );
  holds(error.constructor === kind, `${kind.name}: ${error}`);
  return error;
};
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

const live = client(LIVE);
const completions = live.chat.completions;

// Whole: the prompt, then the conversation.
const whole = await completions.create({ model: GREET, messages, variables, user: "u-17" });
holds(
  whole.choices[0].message.content === "Be brief.\n\nGreet Ada\n\nHello" &&
    whole.choices[0].finish_reason === "stop" &&
    whole.model === "prompt:chat/greet@1" &&
    whole.usage.total_tokens > 0,
  whole,
);

// Variables in `metadata`, and a provider over HTTP.
const served = await completions.create({
  model: "prompt:served@production",
  messages,
  metadata: variables,
  temperature: 0.5,
});
holds(served.choices[0].message.content && served.usage.completion_tokens > 0, served);

// In chunks, with what it took at the end.
const chunks = await collect(
  await completions.create({
    model: GREET,
    messages,
    variables,
    stream: true,
    stream_options: { include_usage: true },
  }),
);
const told = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
holds(
  told === "Be brief.\n\nGreet Ada\n\nHello" &&
    chunks[0].choices[0].delta.role === "assistant" &&
    chunks.at(-2).choices[0].finish_reason === "stop" &&
    chunks.at(-1).choices.length === 0 &&
    chunks.at(-1).usage.prompt_tokens > 0,
  chunks,
);

// The client's own helper puts a stream together, of a provider over HTTP.
const stream = completions.stream({ model: "prompt:served", messages: [], variables });
const final = await stream.finalChatCompletion();
holds(final.choices[0].message.content, final);

// Held to a schema, and read back.
const schema = {
  type: "object",
  properties: {
    steps: {
      type: "array",
      items: {
        type: "object",
        properties: { title: { type: "string" }, minutes: { type: "integer" } },
        required: ["title", "minutes"],
        additionalProperties: false,
      },
    },
  },
  required: ["steps"],
  additionalProperties: false,
};
const planned = await client(TEST).chat.completions.create({
  model: GREET,
  messages,
  variables,
  response_format: { type: "json_schema", json_schema: { name: "plan", strict: true, schema } },
});
const plan = JSON.parse(planned.choices[0].message.content);
holds(plan.steps.length > 0 && Number.isInteger(plan.steps[0].minutes), planned);

// What there is.
const models = [];
for await (const model of live.models.list()) models.push(model.id);
holds(models.includes(GREET) && (await live.models.retrieve(GREET)).object === "model", models);

// What goes wrong raises what it raises at home.
const missing = await raises(OpenAI.NotFoundError, () =>
  completions.create({ model: "gpt-4o", messages }),
);
assert.equal(missing.code, "model_not_found");
assert.equal(missing.param, "model");
const wrong = await raises(OpenAI.BadRequestError, () =>
  completions.create({ model: GREET, messages, variables, n: 2 }),
);
assert.equal(wrong.param, "n");
assert.ok(wrong.requestID);
await raises(OpenAI.AuthenticationError, () => client("sk-nobody").models.list());
await raises(OpenAI.PermissionDeniedError, () =>
  client(CLOSED).chat.completions.create({ model: GREET, messages }),
);
await raises(OpenAI.InternalServerError, () =>
  completions.create({ model: "prompt:failing", messages, variables }),
);
const broken = await completions.create({
  model: "prompt:broken",
  messages,
  variables,
  stream: true,
});
await raises(OpenAI.APIError, () => collect(broken));

console.log(`${judged} judged`);
