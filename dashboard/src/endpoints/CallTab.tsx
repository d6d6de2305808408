import { SegmentedControl } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import type { Endpoint } from "../api/types";
import { Code } from "../ui/Code";
import { Fields } from "./Fields";
import { sample } from "./sample";
import { LANGUAGES, snippet, type Language } from "./snippets";
import { TryIt } from "./TryIt";
import styles from "./CallTab.module.css";

/** How an endpoint is called: its fields, calls to copy, a call to make here. */
export function CallTab({ endpoint }: { endpoint: Endpoint }) {
  const { definition, url } = endpoint;
  if (!definition) return null;
  return (
    <div className={styles.columns}>
      <div className="stack">
        {url ? <Snippets url={url} endpoint={endpoint} /> : null}
        <section className="panel" aria-labelledby="request-fields">
          <header>
            <h2 id="request-fields">Request</h2>
            <span className="quiet small">
              {definition.auth?.mode === "public" ? "public" : "asks for an API key"}
            </span>
          </header>
          <Fields fields={definition.request ?? {}} none="It takes no fields." />
        </section>
        <section className="panel" aria-labelledby="response-fields">
          <header>
            <h2 id="response-fields">Answer</h2>
            <span className="quiet small">{definition.response?.format === "json" ? "JSON" : "text"}</span>
          </header>
          {definition.response?.format === "json" ? (
            <Fields fields={definition.response.fields ?? {}} none="Any JSON object." />
          ) : (
            <Fields fields={{ text: { type: "string", description: "What the model wrote" } }} none="" />
          )}
        </section>
      </div>
      <TryIt endpoint={endpoint} definition={definition} />
    </div>
  );
}

function Snippets({ url, endpoint: { definition } }: { url: string; endpoint: Endpoint }) {
  const [language, setLanguage] = useLocalStorage<Language>({
    key: "promptpilot.language",
    defaultValue: "curl",
    getInitialValueInEffect: false,
  });
  if (!definition) return null;
  const target = { url, request: sample(definition), asksForKey: definition.auth?.mode !== "public" };
  return (
    <section className="stack close" aria-label="Calls to copy">
      <SegmentedControl
        aria-label="Language"
        data={LANGUAGES}
        value={language}
        onChange={(chosen) => setLanguage(chosen)}
        style={{ alignSelf: "flex-start" }}
      />
      <Code text={snippet(language, target)} what={`call in ${language}`} />
    </section>
  );
}
