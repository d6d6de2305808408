import type { ReactNode } from "react";
import type { Plan } from "../api/types";
import { Fields } from "../endpoints/Fields";
import { lineOf, offsetOf } from "./places";
import { functionFacts, limitFacts, modelFacts, pieces } from "./plan";
import styles from "./Designer.module.css";

interface Props {
  plan: Plan;
  toml: string;
  onJump: (offset: number) => void;
}

/** The definition's main parts, each with the way to where it is written. */
export function Summary({ plan, toml, onJump }: Props) {
  const section = (title: string, path: string[], children: ReactNode) => (
    <Section title={title} line={lineOf(toml, path)} onJump={(line) => onJump(offsetOf(toml, line, 1))}>
      {children}
    </Section>
  );
  return (
    <>
      {section(
        "Prompt",
        ["prompt"],
        plan.messages.map(({ pointer, role, template }) => (
          <div key={pointer} className={styles.message}>
            <div>{role}</div>
            <pre>
              {pieces(template).map(({ text, jinja }, index) =>
                jinja ? <mark key={index}>{text}</mark> : text,
              )}
            </pre>
          </div>
        )),
      )}
      {section(
        "Request",
        ["request"],
        <div className="panel">
          <Fields fields={plan.request} none="It takes no fields." />
        </div>,
      )}
      {section(
        "Answer",
        ["response"],
        plan.response.format === "json" ? (
          <div className="panel">
            <Fields fields={plan.response.fields ?? {}} none="Any JSON object." />
          </div>
        ) : (
          <p className="small">A text.</p>
        ),
      )}
      {section(
        plan.models.length > 1 ? "Models, in order" : "Model",
        ["model"],
        plan.models.map((model) => (
          <div key={model.pointer} className="stack close">
            <strong className="small">
              {model.provider} {model.name}
            </strong>
            <Facts facts={modelFacts(model)} />
          </div>
        )),
      )}
      {section("Callers and limits", ["limits"], <Facts facts={limitFacts(plan)} />)}
      {section("Function", ["deploy"], <Facts facts={functionFacts(plan)} />)}
    </>
  );
}

interface SectionProps {
  title: string;
  line: number | null;
  onJump: (line: number) => void;
  children: ReactNode;
}

function Section({ title, line, onJump, children }: SectionProps) {
  return (
    <section className={styles.section}>
      <header>
        <h2>{title}</h2>
        {line === null ? null : (
          <button
            type="button"
            className={styles.to}
            aria-label={`${title}: line ${line}`}
            onClick={() => onJump(line)}
          >
            line {line}
          </button>
        )}
      </header>
      {children}
    </section>
  );
}

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([word, value]) => (
        <div key={word} style={{ display: "contents" }}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
