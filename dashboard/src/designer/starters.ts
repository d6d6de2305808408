/** Definitions to begin with. Each passes the check and runs on the sandbox, without a key or cost. */

export interface Starter {
  id: string;
  title: string;
  about: string;
  toml: string;
}

export const STARTERS: Starter[] = [
  {
    id: "text",
    title: "Text in, text out",
    about: "A template with one field.",
    toml: `name        = "hello"
description = "Greet somebody"

[prompt]
template = "Greet {{ name }} in one friendly sentence."

# The sandbox answers without network, key or cost. A real model is two lines:
#   provider = "anthropic"
#   name     = "claude-haiku-4-5"
[model]
provider   = "sandbox"
name       = "echo"
max_tokens = 200

[request.name]
type       = "string"
max_length = 100

[auth]
mode = "public" # anybody who has the URL may call
`,
  },
  {
    id: "summary",
    title: "Summarise",
    about: "A choice, an optional number, a test that gates each deploy.",
    toml: `name        = "summarize"
description = "Summarise a text for a given audience"

[prompt]
system   = "You are a careful editor. You add nothing that the text does not say."
template = """
Summarise the text below for {{ audience }}.
{% if bullets %}
Use exactly {{ bullets }} bullet points.
{% endif %}

Text:
{{ text }}"""

[model]
provider   = "sandbox"
name       = "echo"
max_tokens = 400

[request.text]
type        = "string"
description = "What to summarise"
min_length  = 1
max_length  = 20000

[request.audience]
type    = "enum"
values  = ["an expert", "a child", "a busy manager"]
default = "a busy manager"

[request.bullets]
type     = "integer"
minimum  = 1
maximum  = 10
optional = true

[auth]
mode = "public"

[[tests]] # runs before a version goes live
request = { text = "The cat sat on the mat.", audience = "a child" }
expect  = { contains = ["cat"], max_latency = "5s" }
`,
  },
  {
    id: "extract",
    title: "Extract fields",
    about: "A text in, JSON out, held to a schema.",
    toml: `name        = "extract"
description = "Read a message from a customer into fields"

[prompt]
system   = "You read messages from customers of a shop. What is not said is null."
template = """
Read this message into the fields asked for.

{{ message }}"""

[model]
provider   = "sandbox"
name       = "extract"
max_tokens = 500

[request.message]
type       = "string"
min_length = 1
max_length = 10000
sensitive  = true # never in a record or a log

[response]
format = "json"

[response.fields.intent]
type   = "enum"
values = ["order", "complaint", "question", "other"]

[response.fields.summary]
type       = "string"
max_length = 300

[response.fields.urgency]
type    = "integer"
minimum = 1
maximum = 5

[auth]
mode = "public"
`,
  },
  {
    id: "story",
    title: "Stream a story",
    about: "Messages by role, a list, words as they are written.",
    toml: `name        = "story"
description = "Tell a short story, word by word"

[model]
provider   = "sandbox"
name       = "lorem"
max_tokens = 800

[[prompt.messages]]
role    = "system"
content = "You tell stories to children. Keep them kind, and end them well."

[[prompt.messages]]
role    = "user"
content = """
Tell a story about {{ hero }}.
{% for place in places %}
The story comes past {{ place }}.
{% endfor %}"""

[request.hero]
type       = "string"
min_length = 1
max_length = 200

[request.places]
type      = "array"
items     = { type = "string", max_length = 100 }
max_items = 5
default   = []

[auth]
mode = "public"
`,
  },
  {
    id: "keyed",
    title: "With keys",
    about: "Only callers with an API key are let in.",
    toml: `name        = "classify"
description = "Say what a ticket is about"

[prompt]
template = """
Say what this ticket is about, in one word: billing, bug, feature or other.

{{ ticket }}"""

[model]
provider   = "sandbox"
name       = "echo"
max_tokens = 20

[request.ticket]
type       = "string"
max_length = 5000

# Without an [auth] table, callers carry an API key.
`,
  },
];

export const starter = (id: string | undefined): Starter | undefined =>
  STARTERS.find((starter) => starter.id === id);
