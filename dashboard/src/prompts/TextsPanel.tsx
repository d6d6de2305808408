import { ActionIcon, Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { lazy, Suspense, useMemo } from "react";
import type { Finding, Speaker } from "../api/types";
import { Badge } from "../ui/Badge";
import { verdict } from "../designer/findings";
import { asMessages, asTemplate, marksIn, moved, withMessage, type Message, type Written } from "./content";
import type { TextsCheck } from "./useTexts";
import styles from "./Studio.module.css";

const TextEditor = lazy(() => import("./TextEditor").then(({ TextEditor }) => ({ default: TextEditor })));

interface Props {
  now: Written;
  change: (to: Written) => void;
  check: TextsCheck;
  readOnly: boolean;
}

const NONE: Finding[] = [];

/** The texts: a template with a system message, or a conversation. */
export function TextsPanel({ now, change, check, readOnly }: Props) {
  const template = now.messages === null ? now : asTemplate(now);
  const findings = check.checked?.findings ?? NONE;
  return (
    <section className="panel" aria-labelledby="texts">
      <header className={styles.head}>
        <span className="row">
          <h2 id="texts">Prompt</h2>
          <Verdict check={check} />
        </span>
        <SegmentedControl
          aria-label="Form of the prompt"
          data={[
            { value: "template", label: "Template", disabled: template === null },
            { value: "messages", label: "Messages" },
          ]}
          value={now.messages === null ? "template" : "messages"}
          disabled={readOnly}
          onChange={(form) => {
            if (form === "messages" && now.messages === null) change(asMessages(now));
            if (form === "template" && template !== null) change(template);
          }}
        />
      </header>
      {now.messages === null ? (
        <Template now={now} change={change} check={check} readOnly={readOnly} />
      ) : (
        <Messages now={now} messages={now.messages} change={change} check={check} readOnly={readOnly} />
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

function Verdict({ check: { checked, current, error } }: { check: TextsCheck }) {
  if (error) return <Badge tone="warn">Not checked</Badge>;
  if (!checked || !current) return <Badge tone="busy">Checking</Badge>;
  const { tone, words } = verdict(checked.findings);
  return <Badge tone={tone}>{words}</Badge>;
}

function Template({ now, change, check, readOnly }: Props) {
  return (
    <>
      <div className={styles.speaker}>System</div>
      <Text
        label="System message"
        pointer="/prompt/system"
        text={now.system}
        check={check}
        readOnly={readOnly}
        onType={(system) => change({ ...now, system })}
      />
      <div className={styles.speaker}>Template</div>
      <Text
        label="Template"
        pointer="/prompt/template"
        text={now.template}
        check={check}
        readOnly={readOnly}
        onType={(template) => change({ ...now, template })}
      />
    </>
  );
}

const SPEAKERS: Speaker[] = ["system", "user", "assistant"];

function Messages({ now, messages, change, check, readOnly }: Props & { messages: Message[] }) {
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
                disabled={readOnly}
                onChange={(event) => {
                  const chosen = SPEAKERS.find((known) => known === event.currentTarget.value);
                  if (chosen) write(id, { role: chosen });
                }}
              />
              <span className="row tight">
                <ActionIcon
                  aria-label={`Move ${what} up`}
                  disabled={readOnly || index === 0}
                  onClick={() => put(moved(messages, index, index - 1))}
                >
                  <IconArrowUp size={15} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Move ${what} down`}
                  disabled={readOnly || index === messages.length - 1}
                  onClick={() => put(moved(messages, index, index + 1))}
                >
                  <IconArrowDown size={15} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Remove ${what}`}
                  disabled={readOnly || messages.length === 1}
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
              readOnly={readOnly}
              onType={(content) => write(id, { content })}
            />
          </div>
        );
      })}
      <div className={styles.speaker}>
        <Button variant="default" disabled={readOnly} onClick={() => put(withMessage(messages))}>
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
  readOnly: boolean;
  onType: (text: string) => void;
}

function Text({ label, pointer, text, check: { checked, current }, readOnly, onType }: TextProps) {
  const marks = useMemo(
    () => (checked && current ? marksIn(text, pointer, checked.findings) : null),
    [checked, current, text, pointer],
  );
  const names = checked?.variables.map(({ name }) => name) ?? [];
  return (
    <div className={styles.text}>
      <Suspense fallback={<div className={styles.waiting} />}>
        <TextEditor
          label={label}
          initial={text}
          onType={onType}
          marks={marks}
          names={names}
          readOnly={readOnly}
        />
      </Suspense>
    </div>
  );
}
