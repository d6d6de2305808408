import { ActionIcon, Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { lazy, memo, Suspense, useMemo } from "react";
import type { Finding, Speaker } from "../api/types";
import { Badge } from "../ui/Badge";
import { useStable } from "../ui/useStable";
import { verdict } from "../designer/findings";
import { asMessages, asTemplate, marksIn, moved, withMessage, type Message, type Written } from "./content";
import type { TextsCheck } from "./useTexts";
import styles from "./Studio.module.css";

const TextEditor = lazy(() => import("./TextEditor").then(({ TextEditor }) => ({ default: TextEditor })));

interface Props {
  now: Written;
  change: (to: Written) => void;
  check: TextsCheck;
}

const NONE: Finding[] = [];

/** The texts: a template with a system message, or a conversation. */
export function TextsPanel({ now, change, check }: Props) {
  const form = now.messages === null ? "template" : "messages";
  const fits = form === "template" || asTemplate(now) !== null;
  const choose = useStable((wanted: string) => {
    // A conversation made of itself would lose what was said.
    if (wanted === form) return;
    const other = wanted === "messages" ? asMessages(now) : asTemplate(now);
    if (other !== null) change(other);
  });
  const findings = check.checked?.findings ?? NONE;
  return (
    <section className="panel" aria-labelledby="texts">
      <header className={styles.head}>
        <span className="row">
          <h2 id="texts">Prompt</h2>
          <Verdict check={check} />
        </span>
        <Form value={form} fits={fits} choose={choose} />
      </header>
      {now.messages === null ? (
        <Template now={now} change={change} check={check} />
      ) : (
        <Messages now={now} messages={now.messages} change={change} check={check} />
      )}
      {check.current && findings.length > 0 ? (
        <ul className={styles.findings} aria-label="Problems">
          {findings.map(({ severity, pointer, message, hint, within }) => (
            <li key={`${pointer} ${message} ${within?.offset ?? ""}`} data-severity={severity}>
              {within ? <span className="quiet">line {within.line}: </span> : null}
              {message}
              {hint ? <span className="quiet"> – {hint}</span> : null}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

interface FormProps {
  value: "template" | "messages";
  /** Whether a template can say it. */
  fits: boolean;
  choose: (form: string) => void;
}

const Form = memo(function Form({ value, fits, choose }: FormProps) {
  return (
    <SegmentedControl
      aria-label="Form of the prompt"
      data={[
        { value: "template", label: "Template", disabled: !fits },
        { value: "messages", label: "Messages" },
      ]}
      value={value}
      onChange={choose}
    />
  );
});

function Verdict({ check: { checked, current, error } }: { check: TextsCheck }) {
  if (error) return <Badge tone="warn">Not checked</Badge>;
  if (!checked || !current) return <Badge tone="busy">Checking</Badge>;
  const { tone, words } = verdict(checked.findings);
  return <Badge tone={tone}>{words}</Badge>;
}

function Template({ now, change, check }: Props) {
  return (
    <>
      <div className={styles.speaker}>System</div>
      <Text
        label="System message"
        pointer="/prompt/system"
        text={now.system}
        check={check}
        onType={(system) => change({ ...now, system })}
      />
      <div className={styles.speaker}>Template</div>
      <Text
        label="Template"
        pointer="/prompt/template"
        text={now.template}
        check={check}
        onType={(template) => change({ ...now, template })}
      />
    </>
  );
}

const SPEAKERS: Speaker[] = ["system", "user", "assistant"];

function Messages({ now, messages, change, check }: Props & { messages: Message[] }) {
  const put = (messages: Message[]) => change({ ...now, messages });
  const write = (id: number, what: Partial<Message>) =>
    put(messages.map((message) => (message.id === id ? { ...message, ...what } : message)));
  return (
    <>
      {messages.map(({ id, role, content }, index) => {
        const what = `message ${index + 1}`;
        return (
          <div key={id} role="group" aria-label={`Message ${index + 1}`}>
            <div className={styles.speaker}>
              <NativeSelect
                aria-label={`Who speaks in ${what}`}
                data={SPEAKERS}
                value={role}
                onChange={(event) => {
                  const chosen = SPEAKERS.find((known) => known === event.currentTarget.value);
                  if (chosen) write(id, { role: chosen });
                }}
              />
              <span className="row tight">
                <ActionIcon
                  aria-label={`Move ${what} up`}
                  disabled={index === 0}
                  onClick={() => put(moved(messages, index, index - 1))}
                >
                  <IconArrowUp size={15} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Move ${what} down`}
                  disabled={index === messages.length - 1}
                  onClick={() => put(moved(messages, index, index + 1))}
                >
                  <IconArrowDown size={15} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Remove ${what}`}
                  disabled={messages.length === 1}
                  onClick={() => put(messages.filter((message) => message.id !== id))}
                >
                  <IconTrash size={15} />
                </ActionIcon>
              </span>
            </div>
            <Text
              label={`Text of ${what}`}
              pointer={`/prompt/messages/${index}/content`}
              text={content}
              check={check}
              onType={(content) => write(id, { content })}
            />
          </div>
        );
      })}
      <div className={styles.speaker}>
        <Button variant="default" onClick={() => put(withMessage(messages))}>
          Add a message
        </Button>
      </div>
    </>
  );
}

interface TextProps {
  label: string;
  pointer: string;
  text: string;
  check: TextsCheck;
  onType: (text: string) => void;
}

function Text({ label, pointer, text, check: { checked, current }, onType }: TextProps) {
  const marks = useMemo(
    () => (checked && current ? marksIn(text, pointer, checked.findings) : null),
    [checked, current, text, pointer],
  );
  const names = checked?.variables.map(({ name }) => name) ?? [];
  return (
    <div className={styles.text}>
      <Suspense fallback={<div className={styles.waiting}>{text}</div>}>
        <TextEditor label={label} initial={text} onType={onType} marks={marks} names={names} />
      </Suspense>
    </div>
  );
}
